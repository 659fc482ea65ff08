using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>Which permissions this process gives to the files and directories that it makes.</summary>
internal static class Permissions
{
    /// <summary>Takes away what the settings say (<see cref="NodeOptions.Umask"/>). Nothing on Windows.</summary>
    /// <param name="configuration">A valid configuration.</param>
    public static void Apply(IConfiguration configuration)
    {
        if (!OperatingSystem.IsWindows() && UmaskAttribute.TryParse(GatewaySettings.Umask.In(configuration), out var mask))
        {
            _ = Posix.SetUmask(mask);
        }
    }
}
