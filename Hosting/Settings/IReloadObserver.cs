namespace OrleansGateway.Hosting;

/// <summary>Is told when the process reads its configuration again because somebody asked for it, and when that is over, however it ended.</summary>
public interface IReloadObserver
{
    /// <summary>It begins.</summary>
    void Reloading();

    /// <summary>It is over.</summary>
    void Reloaded();
}
