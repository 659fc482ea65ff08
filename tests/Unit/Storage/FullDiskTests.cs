using System.Diagnostics;
using OrleansGateway.Logs;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>A file system of a few megabytes, where the tests may mount one.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Append_NoRoom_IsRefusedAndGoesOnWhenThereIsRoomAgain()
    {
        var directory = Directory.CreateTempSubdirectory("gateway-full-").FullName;
        if (!Run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", directory))
        {
            Directory.Delete(directory);
            return;
        }

        try
        {
            using var store = new TestStore(directory);
            var log = store.Open();
            var session = await log.Open("a");
            var all = new List<string>();
            for (var round = 0; round < 3; round++)
            {
                // What takes the room is not the store's.
                var room = store.File("other");
                await using (var other = new FileStream(room, FileMode.Create))
                {
                    try
                    {
                        while (true)
                        {
                            await other.WriteAsync(new byte[4096]);
                            await other.FlushAsync();
                        }
                    }
                    catch (IOException)
                    {
                    }

                    // The rest of the last page, which the stream still holds.
                    await Record.ExceptionAsync(async () => await other.DisposeAsync());
                }

                var refused = 0;
                for (var i = 0; i < 2000 && refused < 50; i++)
                {
                    // Of several under way all that come behind one that is refused are refused.
                    var next = all.Count + 1;
                    var appends = Enumerable.Range(0, 3).Select(x => session.Append(session.Entry(next + x, store.Time.NowMs, [$"{round}-{i}-{x}"], padding: 500)).AsTask()).ToList();
                    for (var x = 0; x < 3; x++)
                    {
                        var exception = await Record.ExceptionAsync(() => appends[x]);
                        if (exception is null)
                        {
                            Assert.Equal(0, refused);
                            all.Add($"{round}-{i}-{x}");
                        }
                        else
                        {
                            Assert.True(((LogException)exception).Fault == LogFault.Full || x > 0, exception.ToString());
                            refused++;
                        }
                    }
                }

                Assert.True(refused >= 50, "The disk did not get full");
                Assert.Equal(all, await session.Texts());
                File.Delete(room);
                all.Add("healed");
                await session.Append(session.Entry(all.Count, store.Time.NowMs, ["healed"]));
                Assert.Equal(all, await session.Texts());
                session = await store.Open().Open("a");
                Assert.Equal(all, await session.Texts());
            }
        }
        finally
        {
            Run("umount", "-l", directory);
            Directory.Delete(directory);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
