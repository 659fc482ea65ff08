using System.Text;
using System.Text.Json;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Transports;

/// <summary>What a client of <c>gateway.json</c> sends: <c>{"publish":"data","channel"?,"type"?,"encoding"?,"key"?,"ref"?}</c>.</summary>
/// <param name="Reference">The client's own name for it, a string or a number, which its answer repeats; null for none.</param>
/// <param name="Publication">What it publishes.</param>
/// <param name="Channel">Where, if it says so.</param>
internal readonly record struct JsonCommand(JsonElement? Reference, Publication Publication, string? Channel = null)
{
    /// <summary>The longest <c>ref</c>, in characters of JSON.</summary>
    public const int MaxReferenceLength = 256;

    private const string Shape = """{"publish":"data","channel"?,"type"?,"encoding"?,"key"?,"ref"?}""";

    /// <summary>Reads one.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="subject">What it subscribes to.</param>
    /// <param name="maxBytes">The largest message, in bytes.</param>
    /// <param name="command">It; where something is wrong, its reference, if there is one.</param>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? Read(ReadOnlyMemory<byte> text, Subject subject, int maxBytes, out JsonCommand command)
    {
        command = default;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Bad($"A message is a JSON object: {Shape}.");
            }

            // First of all, so that whatever else is wrong is told with it.
            var wrong = ReadReference(document.RootElement, out var reference);
            command = new JsonCommand(reference, default);
            var fields = new Fields();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                wrong ??= fields.Take(field);
            }

            if (wrong is not null)
            {
                return Bad(wrong);
            }

            var problem = fields.Check(subject, maxBytes, out var publication);
            command = command with { Publication = publication, Channel = fields.Channel };
            return problem;
        }
        catch (JsonException)
        {
            return Bad($"A message is a JSON object: {Shape}; this is not JSON.");
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped.
            return Bad("A string of the message is no Unicode text.");
        }
    }

    private static Problem Bad(string detail) => Problem.BadRequest("message", detail);

    private static string? ReadReference(JsonElement command, out JsonElement? reference)
    {
        reference = null;
        if (!command.TryGetProperty("ref", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) || value.GetRawText().Length > MaxReferenceLength)
        {
            return $"'ref' is a string or a number of at most {MaxReferenceLength} characters.";
        }

        // Its text is read, so that what cannot be written back is refused here.
        _ = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        reference = value.Clone();
        return null;
    }

    private sealed class Fields
    {
        private string? _data;
        private string? _channel;
        private string? _type;
        private string? _encoding;
        private string? _key;

        public string? Take(JsonProperty field)
        {
            var value = field.Value;
            if (field.NameEquals("ref"))
            {
                return null;
            }

            if (field.Name is not ("publish" or "channel" or "type" or "encoding" or "key"))
            {
                return $"'{field.Name}' is no field of {Shape}.";
            }

            if (value.ValueKind != JsonValueKind.String && (value.ValueKind != JsonValueKind.Null || field.Name == "publish"))
            {
                return $"'{field.Name}' is a string.";
            }

            var text = value.GetString();
            switch (field.Name)
            {
                case "publish": _data = text; break;
                case "channel": _channel = text; break;
                case "type": _type = text; break;
                case "encoding": _encoding = text; break;
                default: _key = text; break;
            }

            return null;
        }

        public string? Channel => _channel;

        public Problem? Check(Subject subject, int maxBytes, out Publication publication)
        {
            publication = default;
            var wrong = _data is null ? $"'publish' is missing: {Shape}."
                : WrongChannel(subject) is { } wrongChannel ? wrongChannel
                : _encoding is not (null or "base64") ? $"'encoding={_encoding}' is not known; it is base64, or absent for text."
                : _type is not null && (string.IsNullOrWhiteSpace(_type) || _type.Length > 1024 || _type.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                    ? "'type' is a media type of at most 1,024 printable ASCII characters."
                : _key is not null ? IdempotencyKey.Violation(_key)
                : null;
            if (wrong is not null)
            {
                return Bad(wrong);
            }

            byte[] body;
            try
            {
                body = _encoding is null ? Encoding.UTF8.GetBytes(_data!) : Convert.FromBase64String(_data!);
            }
            catch (FormatException)
            {
                return Bad("'publish' is not base64.");
            }

            publication = new Publication(new MessageDraft(_type ?? (_encoding is null ? MessageText.TextType : MessageText.BinaryType), body), Key: _key);
            return body.Length > maxBytes ? Problem.TooLarge(maxBytes) : null;
        }

        private string? WrongChannel(Subject subject) => subject.Selection is not { } selection
            ? _channel is null || _channel == subject.Name ? null : $"'channel' is '{_channel}', and this connection subscribes to '{subject.Name}'."
            : _channel is null ? "'channel' is missing: this connection subscribes to several."
            : ChannelName.Violation(_channel) is { } rule ? $"'channel' is '{_channel}': {rule}"
            : selection.Includes(_channel) || ChannelName.IsReadOnly(_channel) ? null
            : $"'channel' is '{_channel}', which is none of '{subject.Name}'.";
    }
}
