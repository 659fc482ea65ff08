namespace OrleansGateway.Hosting;

/// <summary>Something that has to do more at a reload than to read its options anew.</summary>
public interface IReloadable
{
    /// <summary>Applies the configuration, which has changed or was told to be read again.</summary>
    Task ReloadAsync(CancellationToken cancellationToken);
}
