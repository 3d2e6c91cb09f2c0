using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>When a transfer may run.</summary>
public sealed class TransferTimesTests
{
    [Theory]
    // Berlin is an hour ahead of UTC in winter.
    [InlineData("08:00,stop 18:00,10M 23:00,off", "2026-01-14T08:30:00Z", "2026-01-14T17:00:00Z", 0L)]
    [InlineData("08:00,stop 18:00,10M 23:00,off", "2026-01-14T17:00:00Z", null, 10L << 20)]
    [InlineData("08:00,stop 18:00,10M 23:00,off", "2026-01-14T22:30:00Z", null, null)]
    [InlineData("Sat-00:00,off Mon-00:00,stop", "2026-01-14T12:00:00Z", "2026-01-16T23:00:00Z", 0L)]
    [InlineData("512k", "2026-01-14T12:00:00Z", null, 512L << 10)]
    public void It_waits_until_an_entry_lets_something_move(string timetable, string now, string? until, long? rate)
    {
        var times = Of(timetable);
        var at = DateTimeOffset.Parse(now, null);
        Assert.Equal(until is null ? null : DateTimeOffset.Parse(until, null), times.ClosedUntil(at));
        Assert.Equal(rate, times.RateAt(at));
    }

    [Fact]
    public void It_knows_when_it_has_to_stop()
    {
        var times = Of("08:00,stop 18:00,10M 23:00,off");
        Assert.Equal(
            new DateTimeOffset(2026, 1, 15, 7, 0, 0, TimeSpan.Zero),
            times.OpenUntil(new DateTimeOffset(2026, 1, 14, 22, 0, 0, TimeSpan.Zero)));
        Assert.Null(Of("10M").OpenUntil(DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void A_time_that_the_change_of_the_clocks_leaves_out_comes_after_it()
    {
        // On 29 March 2026 there is no 02:30 in Berlin.
        var times = Of("01:00,stop 02:30,off");
        Assert.Equal(
            new DateTimeOffset(2026, 3, 29, 1, 0, 0, TimeSpan.Zero),
            times.ClosedUntil(new DateTimeOffset(2026, 3, 29, 0, 30, 0, TimeSpan.Zero)));
    }

    private static TransferTimes Of(string timetable) => TransferTimes.Of(
        new TransferOptions { Bandwidth = timetable, TimeZone = "Europe/Berlin" }, TimeZoneInfo.Utc)!;
}
