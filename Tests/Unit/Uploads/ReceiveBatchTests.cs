using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>The bytes of a fast sender are read in large batches, those of a slow one as they come.</summary>
public sealed class ReceiveBatchTests
{
    private const int Batch = 256 << 10, LargeBatch = 1 << 20, Full = 16 << 10, Never = 1 << 30;

    private readonly ManualTime _time = new();
    private readonly FakeSocket _socket = new();

    [Fact]
    public void Waits_for_a_batch_once_a_read_was_full()
    {
        var batch = Of(1 << 30);
        Read(batch, 100);
        Assert.Equal(1, batch.Size);
        Read(batch, Full);
        Assert.Equal(Batch, batch.Size);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(30));
        Assert.Equal(Batch, batch.Size);
        Assert.Equal(Batch, _socket.WokeAt);
    }

    [Fact]
    public void Is_not_woken_for_a_fast_sender_while_no_read_is_pending()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        Assert.Equal(Never, _socket.WakesAt);
        // A read that finds bytes waiting does not wait.
        batch.BeforeRead();
        Assert.Equal(Never, _socket.WakesAt);
        batch.BeforeWait();
        Assert.Equal(Batch, _socket.WakesAt);
        // For a slow sender every packet wakes the reader.
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(60));
        batch.BeforeRead();
        Assert.Equal(1, _socket.WakesAt);
    }

    [Fact]
    public void Never_waits_for_more_than_comes()
    {
        var batch = Of(Full + 1000);
        Read(batch, Full);
        Assert.Equal(1000, batch.Size);
        Read(batch, 1000);
        Assert.Equal(1, batch.Size);
    }

    [Fact]
    public void Waits_for_larger_batches_of_a_sender_that_is_very_fast()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(13));
        Assert.Equal(Batch, batch.Size);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(12));
        Assert.Equal(LargeBatch, batch.Size);
        Read(batch, LargeBatch, took: TimeSpan.FromMilliseconds(49));
        Assert.Equal(LargeBatch, batch.Size);
        // Too slow for a large batch, but not for a small one.
        Read(batch, LargeBatch, took: TimeSpan.FromMilliseconds(50));
        Assert.Equal(Batch, batch.Size);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(50));
        Assert.Equal(1, batch.Size);
    }

    [Fact]
    public void Takes_bytes_as_they_come_after_a_large_batch_that_was_broken_off()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        Read(batch, Batch);
        Assert.Equal(LargeBatch, batch.Size);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(200), cancelled: true);
        Assert.Equal(1, batch.Size);
    }

    [Fact]
    public void Tells_how_much_can_still_come()
    {
        var batch = Of(Full + 1000);
        Read(batch, Full);
        Assert.Equal(Full + 1000, _socket.Left);
        Read(batch, 900);
        batch.BeforeRead();
        Assert.Equal(100, _socket.Left);
    }

    [Fact]
    public void Takes_bytes_as_they_come_for_a_while_after_a_batch_that_took_long()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        Read(batch, Batch, took: TimeSpan.FromMilliseconds(60));
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal(1, batch.Size);
            Read(batch, Full);
        }

        Read(batch, Full);
        Assert.Equal(Batch, batch.Size);
    }

    [Fact]
    public void Takes_bytes_as_they_come_after_a_batch_that_was_broken_off()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        Read(batch, 17, cancelled: true);
        Assert.Equal(1, batch.Size);
    }

    [Fact]
    public void Waits_for_a_batch_no_longer_than_the_sink_would()
    {
        var batch = Of(1 << 30);
        Assert.Equal(Timeout.InfiniteTimeSpan, batch.ReadTimeout(null));
        Assert.Equal(TimeSpan.FromSeconds(1), batch.ReadTimeout(TimeSpan.FromSeconds(1)));
        Read(batch, Full);
        Assert.Equal(TimeSpan.FromMilliseconds(200), batch.ReadTimeout(null));
        Assert.Equal(TimeSpan.FromMilliseconds(200), batch.ReadTimeout(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.Zero, batch.ReadTimeout(TimeSpan.Zero));
    }

    [Fact]
    public void Leaves_the_socket_as_it_was()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        batch.BeforeRead();
        batch.BeforeWait();
        Assert.Equal(Batch, _socket.WakesAt);
        batch.Reset();
        Assert.Equal(1, _socket.WakesAt);
    }

    [Fact]
    public void Counts_the_unread_bytes_of_a_request_that_ends()
    {
        var batch = Of(1 << 30);
        Read(batch, Full);
        _socket.Waiting = 5;
        Assert.Equal(5, batch.UnreadBytes());
        Assert.Equal((1, 1), (batch.Size, _socket.WakesAt));
        _socket.Waiting = 0;
        Assert.Equal(0, batch.UnreadBytes());
    }

    [Fact]
    public void Does_not_batch_without_control_of_the_socket()
    {
        var batch = new ReceiveBatch(null, 1 << 30, _time);
        batch.BeforeRead();
        batch.AfterRead(1 << 20, cancelled: false);
        Assert.Equal(1, batch.Size);
        Assert.Equal(0, batch.UnreadBytes());
    }

    private ReceiveBatch Of(long length) => new(_socket, length, _time);

    private void Read(ReceiveBatch batch, int bytes, TimeSpan took = default, bool cancelled = false)
    {
        batch.BeforeRead();
        batch.BeforeWait();
        _socket.WokeAt = _socket.WakesAt;
        _time.Advance(took);
        batch.AfterRead(bytes, cancelled);
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
