namespace OrleansGateway.Tests.Unit.Hosting;

/// <summary>A directory for one test.</summary>
internal sealed class TemporaryState : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
