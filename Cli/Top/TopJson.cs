using System.Text;
using System.Text.Json;

namespace OrleansGateway.Cli.Top;

/// <summary>Writes <c>gateway top --json</c>: rates are a second, times seconds.</summary>
internal static class TopJson
{
    private const int Decimals = 3;

    public static string Write(TopReport report)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time", report.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
            Number(json, "publishRate", report.PublishRate);
            Number(json, "publishTime99", report.PublishTime?.TotalSeconds);
            Number(json, "deliveryRate", report.DeliveryRate);
            Number(json, "deliveryBytesRate", report.DeliveryBytes);
            Number(json, "bridgeRate", report.BridgeRate);
            json.WriteNumber("takeovers", report.Takeovers);
            json.WriteNumber("gaps", report.Gaps);
            json.WriteNumber("slow", report.Slow);
            json.WriteNumber("retries", report.Retries);
            json.WriteStartObject("subscribers");
            foreach (var (transport, count) in report.Subscribers)
            {
                json.WriteNumber(transport, count);
            }

            json.WriteEndObject();
            json.WriteStartArray("nodes");
            foreach (var node in report.Nodes)
            {
                Write(json, node);
            }

            json.WriteEndArray();
            json.WriteStartArray("channels");
            foreach (var channel in new TopState().Choose(report.Channels ?? []))
            {
                Write(json, channel);
            }

            json.WriteEndArray();
            json.WriteBoolean("moreChannels", report.MoreChannels);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Write(Utf8JsonWriter json, NodeRow node)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteString("http", node.Address.GetLeftPart(UriPartial.Authority));
        json.WriteString("state", node.State);
        Number(json, "uptime", node.Uptime?.TotalSeconds);
        json.WriteBoolean("bridge", node.Bridge);
        Number(json, "publishRate", node.PublishRate);
        Number(json, "deliveryRate", node.DeliveryRate);
        Number(json, "subscribers", node.Subscribers);
        Number(json, "connections", node.Connections);
        Number(json, "answerTime", node.AnswerTime?.TotalSeconds);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ChannelRow channel)
    {
        json.WriteStartObject();
        json.WriteString("channel", channel.Name);
        Number(json, "rate", channel.Rate);
        json.WriteNumber("subscribers", channel.Subscribers);
        json.WriteNumber("messages", channel.Messages);
        json.WriteNumber("bytes", channel.Bytes);
        json.WriteString("lastId", channel.LastId);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, Math.Round(number, Decimals));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
