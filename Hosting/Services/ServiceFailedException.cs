namespace OrleansGateway.Hosting;

/// <summary>A service did not start, ended by an error, or did not stop. The message names it and says why, in one line.</summary>
/// <param name="path">Its place in the tree, such as <c>chat/greeter</c>.</param>
/// <param name="reason">What happened.</param>
public sealed class ServiceFailedException(string path, Exception reason) : Exception($"{path}: {GatewayConfiguration.InOneLine(reason)}", reason)
{
    /// <summary>The service's place in the tree.</summary>
    public string Path => path;
}
