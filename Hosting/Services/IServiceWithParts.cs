namespace OrleansGateway.Hosting;

/// <summary>A hosted service that shows in the tree what it does, or parts that come and go while it runs. Outside of a tree nobody calls it.</summary>
public interface IServiceWithParts
{
    /// <summary>Gives it its place, before it is started.</summary>
    void Attach(ServiceNode place);
}
