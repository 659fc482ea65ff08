using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Hosting;

/// <summary>
/// Makes the options, and makes the last good ones again when a reload brought bad ones. The monitor on its own would
/// throw into whatever caused the reload, then at everyone who asks for the current value.
/// </summary>
/// <remarks>The first bad ones throw: a server does not start with them.</remarks>
internal sealed partial class LastGoodOptionsFactory<TOptions>(
    IEnumerable<IConfigureOptions<TOptions>> setups,
    IEnumerable<IPostConfigureOptions<TOptions>> postConfigures,
    IEnumerable<IValidateOptions<TOptions>> validations,
    ILogger<LastGoodOptionsFactory<TOptions>> logger) : IOptionsFactory<TOptions>
    where TOptions : class
{
    private readonly OptionsFactory<TOptions> _factory = new(setups, postConfigures, validations);
    private volatile TOptions? _lastGood;

    public TOptions Create(string name)
    {
        try
        {
            return _lastGood = _factory.Create(name);
        }
        catch (OptionsValidationException refusal) when (_lastGood is not null)
        {
            LogRefused(refusal.Message);
            return _lastGood;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The new settings are refused, the old ones go on: {Reason}")]
    private partial void LogRefused(string reason);
}
