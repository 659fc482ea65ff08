using Microsoft.Playwright;

namespace OrleansGateway.Tests.Browser;

/// <summary>What a page can use by itself, in Chromium, without a line of the gateway's own code.</summary>
[Collection(UnhurtPages.Name)]
public sealed class TransportTests(Chromium chromium, SharedNodes shared)
{
    private GatewayNodes Nodes => shared.Nodes;

    // Behind one address: the page, its EventSource and the balancer know nothing of nodes.
    [Fact]
    public async Task EventSource_ItsNodeIsKilled_GoesOnWithoutLossOrDoubles()
    {
        var channel = SharedNodes.FreshChannel();
        await using var nodes = new GatewayNodes(shared.Numbers.Address);
        await nodes.Start(1, 2);
        await nodes.Whole(20, 1, 2);
        await using var front = new Balancer(nodes.Address(1), nodes.Address(2));

        // A channel is where it is first used: on the node that is not killed.
        await nodes.Publish(2, channel, "0");
        var page = await Open(front.Address);
        await page.EvaluateAsync("url => { window.seen = []; new EventSource(url).onmessage = (event) => seen.push(event.data); }", $"/{channel}?since=all");
        await Until.True(async () => await Seen(page) == 1, "the first is there");
        for (var i = 1; i <= 30; i++)
        {
            if (i == 10)
            {
                nodes[1].Kill();
            }

            await nodes.Publish(2, channel, $"{i}");
        }

        await Until.True(async () => await Seen(page) >= 31, "all are there", 20);
        Assert.Equal(Enumerable.Range(0, 31).Select(x => $"{x}"), await page.EvaluateAsync<string[]>("seen"));
        await page.CloseAsync();
    }

    [Fact]
    public async Task WebSocket_TextAndBytes_GoBothWays()
    {
        var page = await Open(Nodes.Address(2));
        var seen = await page.EvaluateAsync<string[]>(
            """
            (url) => new Promise((done) => {
              const seen = [];
              const socket = new WebSocket(url);
              socket.binaryType = 'arraybuffer';
              socket.onopen = () => { socket.send('Grüße ✓'); socket.send(new Uint8Array([0, 255, 10])); };
              socket.onclose = ({ code, reason }) => done([`closed: ${code} ${reason}`, ...seen]);
              socket.onmessage = ({ data }) => {
                seen.push(typeof data === 'string' ? data : `bytes ${new Uint8Array(data)}`);
                if (seen.length === 2) { socket.close(); done(seen); }
              };
            })
            """,
            $"/{SharedNodes.FreshChannel()}");
        Assert.Equal(["Grüße ✓", "bytes 0,255,10"], seen);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Fetch_StreamOfLines_IsReadAsItComes()
    {
        var channel = SharedNodes.FreshChannel();
        var page = await Open(Nodes.Address(2));
        await page.EvaluateAsync(
            """
            async (url) => {
              window.seen = [];
              const { body } = await fetch(url);
              await new Promise((opened) => (async () => {
                let rest = '';
                for await (const text of body.pipeThrough(new TextDecoderStream())) {
                  const lines = (rest + text).split('\n');
                  rest = lines.pop();
                  const events = lines.map((line) => JSON.parse(line));
                  seen.push(...events.filter((x) => x.event === 'message').map((x) => x.data));
                  if (events.some((x) => x.event === 'open')) {
                    opened();
                  }
                }
              })());
            }
            """,
            $"/{channel}?as=json");
        foreach (var text in new[] { "one", "zwei ✓", "three" })
        {
            await Nodes.Publish(3, channel, text);
            await Until.True(async () => (await page.EvaluateAsync<string[]>("seen")).LastOrDefault() == text, $"'{text}' is read");
        }

        await page.CloseAsync();
    }

    [Theory]
    [InlineData("image/png", false)]
    [InlineData("image/jpeg", true)]
    public async Task Image_FramesArePublished_ShowsEachAsItComes(string type, bool byAccept)
    {
        var channel = SharedNodes.FreshChannel();
        var page = await Open(Nodes.Address(2));
        await page.EvaluateAsync("url => { document.body.innerHTML = `<img id=live src=\"${url}\">`; }", byAccept ? $"/{channel}" : $"/{channel}?as=tail");
        foreach (var (color, red, green, blue) in new[] { ("red", 1, 0, 0), ("lime", 0, 1, 0), ("blue", 0, 0, 1), ("white", 1, 1, 1) })
        {
            // The page is its own camera.
            await page.EvaluateAsync(
                """
                async ([url, color, type]) => {
                  const canvas = new OffscreenCanvas(40, 30);
                  const paint = canvas.getContext('2d');
                  paint.fillStyle = color;
                  paint.fillRect(0, 0, 40, 30);
                  const body = await canvas.convertToBlob({ type });
                  const answer = await fetch(url, { method: 'POST', body });
                  if (!answer.ok || body.type !== type) throw new Error(await answer.text());
                }
                """,
                new[] { $"/{channel}", color, type });
            int[] pixel = [];
            await Until.True(
                async () =>
                {
                    pixel = await page.EvaluateAsync<int[]>(
                        """
                        () => {
                          const image = document.querySelector('#live');
                          if (!image.naturalWidth) return [];
                          const paint = new OffscreenCanvas(40, 30).getContext('2d');
                          paint.drawImage(image, 0, 0);
                          return [...paint.getImageData(20, 15, 1, 1).data].map((x) => Math.round(x / 255));
                        }
                        """);
                    return pixel.SequenceEqual([red, green, blue, 1]);
                },
                () => $"the picture is {color}, not {string.Join(',', pixel)}");
        }

        await page.CloseAsync();
    }

    private static async Task<int> Seen(IPage page) => await page.EvaluateAsync<int>("seen.length");

    // A page of the same origin that has nothing of its own.
    private async Task<IPage> Open(Uri origin)
    {
        var page = await chromium.Browser.NewPageAsync();
        await page.GotoAsync($"{new Uri(origin, "/-/health/live")}");
        return page;
    }
}
