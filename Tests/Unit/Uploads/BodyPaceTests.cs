using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>The bytes of a fast sender are read in large runs, those of a slow one as they come.</summary>
public sealed class BodyPaceTests
{
    private const int Run = 256 << 10, LongRun = 1 << 20, Full = 16 << 10, Never = 1 << 30;

    private readonly ManualTime _time = new();
    private readonly FakeSocket _socket = new();

    [Fact]
    public void Waits_for_a_run_once_a_read_was_full()
    {
        var pace = Of(1 << 30);
        Read(pace, 100);
        Assert.Equal(1, pace.Next);
        Read(pace, Full);
        Assert.Equal(Run, pace.Next);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(30));
        Assert.Equal(Run, pace.Next);
        Assert.Equal(Run, _socket.WokeAt);
    }

    [Fact]
    public void Is_not_woken_for_a_fast_sender_while_no_read_is_pending()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        Assert.Equal(Never, _socket.WakesAt);
        // A read that finds bytes waiting does not wait.
        pace.Ask();
        Assert.Equal(Never, _socket.WakesAt);
        pace.Wait();
        Assert.Equal(Run, _socket.WakesAt);
        // For a slow sender every packet wakes the reader.
        Read(pace, Run, took: TimeSpan.FromMilliseconds(60));
        pace.Ask();
        Assert.Equal(1, _socket.WakesAt);
    }

    [Fact]
    public void Never_waits_for_more_than_comes()
    {
        var pace = Of(Full + 1000);
        Read(pace, Full);
        Assert.Equal(1000, pace.Next);
        Read(pace, 1000);
        Assert.Equal(1, pace.Next);
    }

    [Fact]
    public void Waits_for_longer_runs_of_a_sender_that_is_very_fast()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(13));
        Assert.Equal(Run, pace.Next);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(12));
        Assert.Equal(LongRun, pace.Next);
        Read(pace, LongRun, took: TimeSpan.FromMilliseconds(49));
        Assert.Equal(LongRun, pace.Next);
        // Too slow for a long run, but not for a short one.
        Read(pace, LongRun, took: TimeSpan.FromMilliseconds(50));
        Assert.Equal(Run, pace.Next);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(50));
        Assert.Equal(1, pace.Next);
    }

    [Fact]
    public void Takes_bytes_as_they_come_after_a_long_run_that_was_broken_off()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        Read(pace, Run);
        Assert.Equal(LongRun, pace.Next);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(200), cancelled: true);
        Assert.Equal(1, pace.Next);
    }

    [Fact]
    public void Tells_how_much_can_still_come()
    {
        var pace = Of(Full + 1000);
        Read(pace, Full);
        Assert.Equal(Full + 1000, _socket.Left);
        Read(pace, 900);
        pace.Ask();
        Assert.Equal(100, _socket.Left);
    }

    [Fact]
    public void Takes_bytes_as_they_come_for_a_while_after_a_run_that_took_long()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        Read(pace, Run, took: TimeSpan.FromMilliseconds(60));
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal(1, pace.Next);
            Read(pace, Full);
        }

        Read(pace, Full);
        Assert.Equal(Run, pace.Next);
    }

    [Fact]
    public void Takes_bytes_as_they_come_after_a_run_that_was_broken_off()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        Read(pace, 17, cancelled: true);
        Assert.Equal(1, pace.Next);
    }

    [Fact]
    public void Waits_for_a_run_no_longer_than_the_sink_would()
    {
        var pace = Of(1 << 30);
        Assert.Equal(Timeout.InfiniteTimeSpan, pace.Patience(null));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Patience(TimeSpan.FromSeconds(1)));
        Read(pace, Full);
        Assert.Equal(TimeSpan.FromMilliseconds(200), pace.Patience(null));
        Assert.Equal(TimeSpan.FromMilliseconds(200), pace.Patience(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.Zero, pace.Patience(TimeSpan.Zero));
    }

    [Fact]
    public void Leaves_the_socket_as_it_was()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        pace.Ask();
        pace.Wait();
        Assert.Equal(Run, _socket.WakesAt);
        pace.End();
        Assert.Equal(1, _socket.WakesAt);
    }

    [Fact]
    public void Looks_for_what_is_left_of_one_that_ends()
    {
        var pace = Of(1 << 30);
        Read(pace, Full);
        _socket.Waiting = 5;
        Assert.Equal(5, pace.Left());
        Assert.Equal((1, 1), (pace.Next, _socket.WakesAt));
        _socket.Waiting = 0;
        Assert.Equal(0, pace.Left());
    }

    [Fact]
    public void Waits_for_nothing_where_the_bytes_come_by_other_ways()
    {
        var pace = new BodyPace(null, 1 << 30, _time);
        pace.Ask();
        pace.Took(1 << 20, cancelled: false);
        Assert.Equal(1, pace.Next);
        Assert.Equal(0, pace.Left());
    }

    private BodyPace Of(long length) => new(_socket, length, _time);

    private void Read(BodyPace pace, int bytes, TimeSpan took = default, bool cancelled = false)
    {
        pace.Ask();
        pace.Wait();
        _socket.WokeAt = _socket.WakesAt;
        _time.Advance(took);
        pace.Took(bytes, cancelled);
    }

    private sealed class FakeSocket : IReceiveControl
    {
        public int Waiting { get; set; }

        public int WakesAt { get; private set; } = 1;

        /// <summary>The threshold of the last read.</summary>
        public int WokeAt { get; set; }

        public void WakeAt(int bytes) => WakesAt = bytes;

        public long Left { get; private set; }

        public void SetTarget(long fileOffset, long remaining) => Left = remaining;
    }
}
