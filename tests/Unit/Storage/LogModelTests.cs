using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>Three nodes do anything in any order, and die; what they find is what a list would hold.</summary>
public class LogModelTests
{
    private const int Nodes = 3;
    private static readonly string[] Names = ["a", "b", "deep/c"];

    private enum Does
    {
        Append,
        AppendMany,
        Open,
        Race,
        Read,
        Delete,
        Restart,
        Crash,
        Later,
        Tidy,
        Source,
    }

    private static readonly Gen<(Does Does, int Node, int Channel, int Size)> Step = Gen.Select(
        Gen.Frequency(
            (12, Does.Append), (4, Does.AppendMany), (5, Does.Open), (3, Does.Race), (5, Does.Read), (1, Does.Delete), (1, Does.Restart), (1, Does.Crash), (2, Does.Later), (1, Does.Tidy), (1, Does.Source)),
        Gen.Int[0, Nodes - 1],
        Gen.Int[0, Names.Length - 1],
        Gen.Frequency((8, Gen.Int[1, 5]), (1, Gen.Int[50, 200])));

    [Fact]
    public Task Log_AnySteps_HoldsWhatTheModelHolds() => Gen.Select(Step.Array[1, 120], Gen.Int[1, 3000], Gen.Int[30, 400]).SampleAsync(
        async (steps, page, kept) =>
        {
            using var run = new Run(page, kept);
            foreach (var (does, node, channel, size) in steps)
            {
                await run.Do(does, node, Names[channel], size);
            }

            await run.CheckAll();
        },
        iter: Iterations,
        threads: 1,
        print: x => string.Join(", ", x.Item1.Select(y => $"{y.Does}({y.Node} {Names[y.Channel]} {y.Size})")) + $" page {x.Item2} kept {x.Item3}");

    private static int Iterations => int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_LOG_RUNS"), out var runs) ? runs : 25;

    private sealed class Model
    {
        public List<Message> Messages { get; } = [];

        /// <summary>Refused because another owner came: in or out, the same for all.</summary>
        public HashSet<string> Unknown { get; } = [];

        public List<LoggedPublish> Entries { get; } = [];

        public string? Epoch { get; set; }

        public HashSet<string> Epochs { get; } = [];

        public LocalSession? Owner { get; set; }

        public long SourceTerm { get; set; }

        public long Term { get; set; }
    }

    private sealed record Message(string Text, long TimeMs);

    private sealed record LocalSession(int Node, IChannelLogSession Session)
    {
        public long Newest { get; set; } = Session.Newest;

        public long TimeMs { get; set; } = Session.LastTimeMs;
    }

    private sealed class Run : IDisposable
    {
        private readonly TestStore _store = new();
        private readonly Dictionary<string, Model> _models = Names.ToDictionary(x => x, _ => new Model());
        private readonly Dictionary<(int Node, string Channel), LocalSession> _sessions = [];
        private readonly LocalChannelLog[] _logs;
        private readonly Guid _sender = Guid.NewGuid();
        private readonly int _page;
        private readonly int _kept;
        private int _number;
        private long _latestMs;

        public Run(int page, int kept)
        {
            (_page, _kept) = (page, kept);
            _store.Retention.Messages = kept;
            _latestMs = _store.Time.NowMs;
            _logs = [.. Enumerable.Range(0, Nodes).Select(_ => _store.Open())];
        }

        public async Task Do(Does does, int node, string channel, int size)
        {
            var model = _models[channel];
            switch (does)
            {
                case Does.Append or Does.AppendMany:
                    var session = _sessions.GetValueOrDefault((node, channel)) ?? await Open(node, channel);
                    await Append(model, session, size, does == Does.AppendMany ? 5 : 1);
                    break;
                case Does.Open:
                    await Open(node, channel);
                    break;
                case Does.Race:
                    await Race(model, channel, size);
                    break;
                case Does.Read:
                    if (_sessions.TryGetValue((node, channel), out var reader))
                    {
                        await CheckRead(model, reader);
                    }

                    break;
                case Does.Delete:
                    if (_sessions.TryGetValue((node, channel), out var deleter))
                    {
                        await Delete(model, deleter);
                    }

                    break;
                case Does.Restart:
                    _store.Close(_logs[node]);
                    Forget(x => x == node);
                    _logs[node] = _store.Open();
                    break;
                case Does.Crash:
                    _store.Crash();
                    Forget(_ => true);
                    for (var i = 0; i < Nodes; i++)
                    {
                        _logs[i] = _store.Open();
                    }

                    break;
                case Does.Later:
                    // Clocks also go back.
                    _store.Time.NowMs += size > 5 ? -1000 * size : 10_000 * size;
                    _latestMs = Math.Max(_latestMs, _store.Time.NowMs);
                    break;
                case Does.Tidy:
                    await _logs[node].Tidy();
                    break;
                case Does.Source:
                    if (_sessions.TryGetValue((node, channel), out var keeper))
                    {
                        var term = model.SourceTerm + 1;
                        if (keeper == model.Owner)
                        {
                            await keeper.Session.KeepSource(term);
                            model.SourceTerm = term;
                        }
                        else
                        {
                            await keeper.Session.KeepSource(term).FailsWith(LogFault.Superseded);
                        }
                    }

                    break;
            }
        }

        public async Task CheckAll()
        {
            foreach (var name in Names)
            {
                for (var node = 0; node < Nodes; node++)
                {
                    await CheckRead(_models[name], await Open(node, name));
                }
            }
        }

        public void Dispose() => _store.Dispose();

        private void Forget(Func<int, bool> ended)
        {
            foreach (var key in _sessions.Keys.Where(x => ended(x.Node)).ToList())
            {
                var model = _models[key.Channel];
                model.Owner = model.Owner == _sessions[key] ? null : model.Owner;
                _sessions.Remove(key);
            }
        }

        private async Task<LocalSession> Open(int node, string channel) => await Opened(node, channel, await _logs[node].Open(channel));

        private async Task<LocalSession> Opened(int node, string channel, IChannelLogSession session)
        {
            var model = _models[channel];
            var opened = _sessions[(node, channel)] = model.Owner = new LocalSession(node, session);
            Assert.True(session.Term > model.Term, "A term does not rise");
            Assert.Equal(model.SourceTerm, session.SourceTerm);
            model.Term = session.Term;
            if (model.Epoch is null)
            {
                Assert.True(model.Epochs.Add(session.Epoch), "An epoch comes again");
                model.Epoch = session.Epoch;
            }

            Assert.Equal(model.Epoch, session.Epoch);
            Assert.True(session.Newest >= model.Messages.Count, $"{session.Newest} is less than {model.Messages.Count}");

            // What nobody knew is now in, for ever.
            foreach (var (offset, text, time) in (await session.ReadAll(model.Messages.Count, _page)))
            {
                Assert.True(model.Unknown.Remove(text), $"{text} was never sent, is there twice, or is where another was");
                Assert.Equal(model.Messages.Count + 1, offset);
                model.Messages.Add(new Message(text, time));
                model.Entries.Add(new LoggedPublish(offset, 1, time, null, null));
            }

            Assert.Equal(model.Messages.Count, session.Newest);
            if (session.Newest > 0)
            {
                Assert.Equal(model.Messages[^1].TimeMs, session.LastTimeMs);
            }

            CheckRecent(model, session);
            return opened;
        }

        private void CheckRecent(Model model, IChannelLogSession session)
        {
            // What was forgotten once does not come back when the clock goes back.
            var now = _latestMs;
            var expected = model.Entries.Where(x =>
                (x.Keys is not null && x.TimeMs >= now - 300_000) || (x.Origin is not null && x.TimeMs >= now - 30_000));
            var found = session.Recent.ToDictionary(x => x.FirstOffset);
            foreach (var entry in expected)
            {
                var logged = Assert.Contains(entry.FirstOffset, found);
                Assert.Equal((entry.Count, entry.TimeMs, entry.Origin), (logged.Count, logged.TimeMs, logged.Origin));
                Assert.Equal(entry.Keys ?? [], logged.Keys ?? []);
            }

            Assert.Equal(session.Recent.Select(x => x.FirstOffset).Order(), session.Recent.Select(x => x.FirstOffset));
        }

        private (LogEntry Entry, LoggedPublish Logged, string[] Texts) Next(LocalSession session, int count)
        {
            var texts = Enumerable.Range(0, count).Select(_ => $"{++_number}").ToArray();
            var time = session.TimeMs = Math.Max(session.TimeMs, _store.Time.NowMs);
            var first = session.Newest + 1;
            session.Newest += count;
            var origin = _number % 3 == 0 ? new PublishOrigin(_sender, _number) : null;
            var keys = _number % 4 == 0 ? new[] { new KeyedPublish($"k{_number}", (UInt128)_number, first, count) } : null;
            return (session.Session.Entry(first, time, texts, origin, keys), new LoggedPublish(first, count, time, origin, keys), texts);
        }

        private async Task Append(Model model, LocalSession session, int count, int underWay)
        {
            var newest = session.Newest;
            var entries = Enumerable.Range(0, underWay).Select(_ => Next(session, count)).ToList();
            var appends = entries.Select(x => session.Session.Append(x.Entry).AsTask()).ToList();
            foreach (var (append, (_, logged, texts)) in appends.Zip(entries))
            {
                if (session == model.Owner)
                {
                    await append;
                    model.Messages.AddRange(texts.Select(x => new Message(x, logged.TimeMs)));
                    model.Entries.Add(logged);
                }
                else
                {
                    await new ValueTask(append).FailsWith(LogFault.Superseded);
                    session.Newest = newest;
                }
            }
        }

        /// <summary>The owner appends while all others take over at once.</summary>
        private async Task Race(Model model, string channel, int count)
        {
            var owner = model.Owner;
            var entries = owner is null ? [] : Enumerable.Range(0, 5).Select(_ => Next(owner, 1)).ToList();
            var opening = _logs.Select(x => Task.Run(() => x.Open(channel))).ToList();
            var refused = false;
            foreach (var (entry, logged, texts) in entries)
            {
                try
                {
                    await owner!.Session.Append(entry);
                    Assert.False(refused, "Who was replaced acknowledges again");
                    model.Messages.Add(new Message(texts[0], logged.TimeMs));
                    model.Entries.Add(logged);
                }
                catch (LogException exception)
                {
                    Assert.Equal(LogFault.Superseded, exception.Fault);
                    model.Unknown.Add(texts[0]);
                    refused = true;
                }
            }

            var opened = new List<(int Node, IChannelLogSession Session)>();
            for (var node = 0; node < Nodes; node++)
            {
                try
                {
                    opened.Add((node, await opening[node]));
                }
                catch (LogException exception)
                {
                    Assert.Equal(LogFault.Superseded, exception.Fault);
                }
            }

            // Also those that opened it for a moment.
            foreach (var (node, session) in opened.OrderBy(x => x.Session.Term))
            {
                _sessions[(node, channel)] = new LocalSession(node, session);
            }

            var last = opened.Count == 0 ? null : opened.MaxBy(x => x.Session.Term).Session;
            if (last is null || !await last.Stands())
            {
                await Open(count % Nodes, channel);
            }
            else
            {
                await Opened(opened.MaxBy(x => x.Session.Term).Node, channel, last);
            }
        }

        private static async Task Delete(Model model, LocalSession session)
        {
            if (session != model.Owner)
            {
                await session.Session.Delete().FailsWith(LogFault.Superseded);
                return;
            }

            await session.Session.Delete();
            model.Messages.Clear();
            model.Entries.Clear();
            model.Unknown.Clear();
            (model.Epoch, model.Owner, model.SourceTerm) = (null, null, 0);
        }

        /// <summary>Each session, also one that was replaced, sees a part of the model's list: without a hole, and the owner to the end.</summary>
        private async Task CheckRead(Model model, LocalSession session)
        {
            if (session.Session.Epoch != model.Epoch)
            {
                return;
            }

            var after = model.Messages.Count == 0 ? 0 : _number % model.Messages.Count;
            foreach (var from in new[] { 0, after })
            {
                var found = await session.Session.ReadAll(from, _page);
                foreach (var (offset, text, time) in found)
                {
                    Assert.Equal(model.Messages[(int)offset - 1], new Message(text, time));
                }

                if (session == model.Owner)
                {
                    Assert.Equal(model.Messages.Count, session.Newest);
                    if (model.Messages.Count > from)
                    {
                        Assert.Equal(model.Messages.Count, found[^1].Offset);
                        Assert.True(found[0].Offset <= Math.Max(from + 1, model.Messages.Count - _kept + 1), "Less is kept than should be");
                    }
                }
            }
        }
    }
}
