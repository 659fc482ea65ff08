using System.Text.Json.Nodes;
using NJsonSchema;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>The gateway's OpenAPI document, held against its answers; it notes what of it was never seen in one.</summary>
internal sealed class ApiDocument
{
    private const string Schemas = "#/components/schemas/";

    private readonly JsonObject _root;
    private readonly Dictionary<string, JsonSchema> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonSchema> _compiled = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unseen = new(StringComparer.Ordinal);

    private ApiDocument(JsonObject root) => _root = root;

    /// <summary>What no answer has shown yet.</summary>
    public IEnumerable<string> Unseen => _unseen.Order(StringComparer.Ordinal);

    /// <summary>The last parts of the problems' types.</summary>
    public IEnumerable<string> ProblemTypes =>
        _root["components"]!["schemas"]!["Problem"]!["properties"]!["type"]!["enum"]!.AsArray().Select(x => $"{x}".Split(':')[^1]);

    public static async Task<ApiDocument> Parse(string text)
    {
        var document = new ApiDocument(JsonNode.Parse(text)!.AsObject());
        Assert.Equal("3.1.0", (string?)document._root["openapi"]);
        foreach (var (name, schema) in document._root["components"]!["schemas"]!.AsObject())
        {
            document._schemas[name] = await document.Compile(schema!);
        }

        foreach (var reference in References(document._root))
        {
            Assert.NotNull(document.Resolve(reference));
        }

        var operations = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, item) in document._root["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject().Where(x => x.Key != "parameters"))
            {
                Assert.True(operations.Add((string)operation!["operationId"]!), $"{method} {path} has no operationId of its own");
                document._unseen.UnionWith(document.Parameters(path, method).Select(x => $"{method} {path}: parameter {x}"));
                foreach (var status in operation["responses"]!.AsObject().Select(x => x.Key))
                {
                    document._unseen.Add($"{method} {path}: {status}");
                    var response = document.Response(path, method, status)!;
                    document._unseen.UnionWith(Keys(response["content"]).Select(x => $"{method} {path}: {status} as {x}"));
                    document._unseen.UnionWith(Keys(response["headers"]).Select(x => $"{method} {path}: {status} with {x}"));
                }
            }
        }

        return document;
    }

    /// <summary>Checks an answer; returns the problem's type where it is one.</summary>
    public async Task<string?> Check(string path, HttpResponseMessage answer, int lines)
    {
        var request = answer.RequestMessage!;
        var (method, status) = (request.Method.Method.ToLowerInvariant(), $"{(int)answer.StatusCode}");
        var at = $"{method} {path}: {status}";
        var response = Response(path, method, status);
        Assert.True(response is not null, $"{at} is not in the document ({request.RequestUri})");
        _unseen.Remove(at);
        foreach (var parameter in Parameters(path, method))
        {
            var (kind, name) = (parameter.Split(' ')[0], parameter.Split(' ')[1]);
            if (kind == "path" || (kind == "header" ? request.Headers.Contains(name) : request.RequestUri!.Query.Contains($"{name}=", StringComparison.Ordinal)))
            {
                _unseen.Remove($"{method} {path}: parameter {parameter}");
            }
        }

        foreach (var (name, header) in response["headers"]?.AsObject() ?? [])
        {
            var described = Followed(header!);
            var value = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated).FirstOrDefault(x => x.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            if (value.Count == 0)
            {
                Assert.False((bool?)described["required"] ?? false, $"{at} has no {name}");
                continue;
            }

            Validate(await Compile(described["schema"]!), JsonValue.Create(value.ToString())!.ToJsonString(), $"{at}, {name}");
            _unseen.Remove($"{at} with {name}");
        }

        return method == "head" || (int)answer.StatusCode is 101 or 204 ? null : await CheckContent(at, response, answer, lines);
    }

    private async Task<string?> CheckContent(string at, JsonObject response, HttpResponseMessage answer, int lines)
    {
        var type = answer.Content.Headers.ContentType!.ToString();
        var offered = Keys(response["content"]).ToList();
        var key = offered.Find(x => x == type) ?? offered.Find(x => x == answer.Content.Headers.ContentType.MediaType) ?? offered.Find(x => x == "*/*");
        Assert.True(key is not null, $"{at}: {type} is not in the document");
        _unseen.Remove($"{at} as {key}");
        var schema = await Compile(response["content"]![key]!["schema"]!);
        if (key == "application/x-ndjson")
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            for (var i = 0; i < lines; i++)
            {
                Validate(schema, (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!, at);
            }
        }
        else if (key.EndsWith("json", StringComparison.Ordinal) || key.StartsWith("application/json;", StringComparison.Ordinal))
        {
            var body = await answer.Content.ReadAsStringAsync();
            Validate(schema, body, at);
            return key == "application/problem+json" ? $"{JsonNode.Parse(body)!["type"]}".Split(':')[^1] : null;
        }

        return null;
    }

    /// <summary>Whether a JSON text is what a schema of the document says.</summary>
    public void Validate(string schema, string json) => Validate(_schemas[schema], json, schema);

    /// <summary>The methods of a path.</summary>
    public IEnumerable<string> Methods(string path) => Keys(_root["paths"]![path]).Where(x => x != "parameters").Select(x => x.ToUpperInvariant());

    public IEnumerable<string> Paths => Keys(_root["paths"]);

    private static void Validate(JsonSchema schema, string json, string what)
    {
        var errors = schema.Validate(json);
        Assert.True(errors.Count == 0, $"{what}: {string.Join("; ", errors)} in {json}");
    }

    // Nothing may be in an answer that is not in the document, although clients are to expect new fields.
    private async Task<JsonSchema> Compile(JsonNode schema)
    {
        var text = schema.ToJsonString();
        if (_compiled.TryGetValue(text, out var known))
        {
            return known;
        }

        var definitions = _root["components"]!["schemas"]!.DeepClone().AsObject();
        foreach (var definition in definitions.Select(x => x.Value!.AsObject()).Where(x => x.ContainsKey("properties")))
        {
            definition["additionalProperties"] = false;
        }

        var whole = new JsonObject { ["allOf"] = new JsonArray(schema.DeepClone()), ["definitions"] = definitions };
        return _compiled[text] = await JsonSchema.FromJsonAsync(whole.ToJsonString().Replace(Schemas, "#/definitions/", StringComparison.Ordinal));
    }

    private JsonObject? Response(string path, string method, string status) =>
        _root["paths"]![path]?[method]?["responses"]![status] is { } response ? Followed(response) : null;

    private IEnumerable<string> Parameters(string path, string method) => new[] { _root["paths"]![path]!["parameters"], _root["paths"]![path]![method]!["parameters"] }
        .OfType<JsonArray>()
        .SelectMany(x => x)
        .Select(x => Followed(x!))
        .Select(x => $"{x["in"]} {x["name"]}");

    private JsonObject Followed(JsonNode node) => (string?)node["$ref"] is { } reference ? Resolve(reference)! : node.AsObject();

    private JsonObject? Resolve(string reference) => reference[2..].Split('/').Aggregate((JsonNode?)_root, (x, part) => x?[part])?.AsObject();

    private static IEnumerable<string> Keys(JsonNode? node) => node?.AsObject().Select(x => x.Key) ?? [];

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject properties => properties.SelectMany(x => x.Key == "$ref" ? [(string)x.Value!] : References(x.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
