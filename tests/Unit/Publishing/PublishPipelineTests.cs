using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Publishing;

public class PublishPipelineTests
{
    private readonly PublishPipeline _pipeline = new();
    private readonly List<TaskCompletionSource<(PublishResult, Problem?)>> _publishes = [];
    private readonly List<long> _answers = [];

    [Fact]
    public async Task Add_AnswersThatComeInAnyOrder_AreGivenInTheirs()
    {
        await Add(3);
        foreach (var i in new[] { 2, 0, 1 })
        {
            Answer(i);
        }

        await _pipeline.Drained.WaitAsync(Eventually.Deadline);
        Assert.Equal([0, 1, 2], _answers);
    }

    [Theory]
    [InlineData(1, PublishPipeline.MaxPending)]
    [InlineData(PublishPipeline.MaxPendingBytes / 4, 4)]
    [InlineData(PublishPipeline.MaxPendingBytes * 2, 1)]
    public async Task WaitForRoom_Full_WaitsForTheOldestAnswer(int bytes, int most)
    {
        await Add(most, bytes);
        var waiting = _pipeline.WaitForRoom(bytes, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        Answer(0);
        await waiting.WaitAsync(Eventually.Deadline);
        Assert.Equal([0], _answers);
    }

    [Fact]
    public async Task WaitForRoom_ConnectionGone_EndsTheWait()
    {
        using var gone = new CancellationTokenSource();
        await Add(1, PublishPipeline.MaxPendingBytes);
        var waiting = _pipeline.WaitForRoom(1, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private async Task Add(int count, int bytes = 1)
    {
        for (var i = 0; i < count; i++)
        {
            var publish = new TaskCompletionSource<(PublishResult, Problem?)>();
            _publishes.Add(publish);
            var waiting = _pipeline.WaitForRoom(bytes, CancellationToken.None);
            Assert.True(waiting.IsCompletedSuccessfully);
            await waiting;
            _pipeline.Add(bytes, publish.Task, (result, _) =>
            {
                _answers.Add(result.FirstOffset);
                return Task.CompletedTask;
            });
        }
    }

    private void Answer(int publish) => _publishes[publish].SetResult((new PublishResult(PublishStatus.Accepted, "aaaa", publish, 0), null));
}
