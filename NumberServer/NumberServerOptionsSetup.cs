using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Numbers.Server;

/// <summary>Reads the settings. By hand, not by the binder, so that a value which can't be read is told of like one that is out of range.</summary>
internal sealed class NumberServerOptionsSetup(IConfiguration configuration)
    : IConfigureOptions<NumberServerOptions>, IValidateOptions<NumberServerOptions>
{
    private const string AllowedRates = "a number above 0, up to 600000 (lines a minute)";

    public void Configure(NumberServerOptions options)
    {
        if (configuration[NumberServerOptions.RateKey] is { } text)
        {
            options.RatePerMinute = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate)
                ? rate
                : throw new OptionsValidationException(
                    Options.DefaultName, typeof(NumberServerOptions), [Refusal(NumberServerOptions.RateKey, text, AllowedRates)]);
        }

        options.Listen = configuration[NumberServerOptions.ListenKey] ?? options.Listen;
    }

    public ValidateOptionsResult Validate(string? name, NumberServerOptions options)
    {
        var refusals = new List<string>();
        if (options.RatePerMinute is not (> 0 and <= NumberServerOptions.MaxRatePerMinute))
        {
            refusals.Add(Refusal(
                NumberServerOptions.RateKey, options.RatePerMinute.ToString(CultureInfo.InvariantCulture), AllowedRates));
        }

        if (!HostPort.TryParse(options.Listen, out _))
        {
            refusals.Add(Refusal(NumberServerOptions.ListenKey, options.Listen, "HOST:PORT, such as 127.0.0.1:7776"));
        }

        return refusals.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(refusals);
    }

    private static string Refusal(string key, string value, string allowed) => $"{key} is '{value}'; allowed is {allowed}";
}
