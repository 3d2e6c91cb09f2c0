using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Jobs;

public sealed class ReadPaceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Waits_for_as_long_as_the_bytes_cost()
    {
        var pace = new ReadPace(1000, _time);

        var spending = pace.SpendAsync(500, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(spending.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await spending;
    }

    [Fact]
    public async Task Counts_the_time_that_the_read_took()
    {
        var pace = new ReadPace(1000, _time);
        await SpendAsync(pace, 500);

        _time.Advance(TimeSpan.FromMilliseconds(400));
        var spending = pace.SpendAsync(500, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await spending;
    }

    [Fact]
    public async Task Saves_no_time_up_for_a_burst()
    {
        var pace = new ReadPace(1000, _time);
        _time.Advance(TimeSpan.FromHours(1));
        await pace.SpendAsync(500, CancellationToken.None);

        var next = pace.SpendAsync(500, CancellationToken.None);
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await next;
    }

    [Fact]
    public async Task Ends_when_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var spending = new ReadPace(1, _time).SpendAsync(1_000_000, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => spending);
    }

    private async Task SpendAsync(ReadPace pace, long bytes)
    {
        var spending = pace.SpendAsync(bytes, CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(1));
        await spending;
    }
}
