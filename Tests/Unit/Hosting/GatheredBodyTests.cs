using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>The first bytes of a body and those behind them in one run, where all have come.</summary>
public sealed class GatheredBodyTests : IDisposable
{
    private const int First = 5000, Enough = 150 << 10, Place = (1 << 20) + 1234;

    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BufferPool _pool = new(new HostingOptions(), new DeviceMemory());
    private readonly Socket _server;
    private readonly BodyArrival _arrival;

    public GatheredBodyTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.ReceiveBufferSize = 4 * Enough;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        _arrival = new BodyArrival(_server, _pool);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _arrival.Dispose();
        _pool.Dispose();
    }

    [Fact]
    public async Task What_has_come_behind_the_first_bytes_is_read_behind_them()
    {
        var bytes = Bytes(First + Enough);
        var pipe = PipeReader.Create(new NetworkStream(_server), new(_arrival, BufferPool.Small, minimumReadSize: 4096, useZeroByteReads: true));
        _ = _client.Send(bytes.AsSpan(0, First));
        // As the server does with a head: what came with it stays.
        pipe.AdvanceTo((await pipe.ReadAsync()).Buffer.Start);
        await ComesAsync(bytes.AsMemory(First));
        var body = Body(pipe, bytes.Length);

        var read = await body.ReadAsync();
        Assert.True(read.Buffer.IsSingleSegment);
        Assert.Equal(bytes, read.Buffer.ToArray());
        Assert.Equal(Place % Environment.SystemPageSize, IntoPage(read.Buffer));
        body.AdvanceTo(read.Buffer.End);

        var more = Bytes(100);
        _ = _client.Send(more);
        Assert.Equal(more, (await body.ReadAsync()).Buffer.ToArray());
        await pipe.CompleteAsync();
        // Sixteen for so short a run, and a small one for the head.
        Assert.Equal(17, _pool.UnusedCount);
    }

    [Fact]
    public async Task Little_is_read_as_it_came()
    {
        await ComesAsync(Bytes(Enough / 2));
        var inner = new Script(Read(Bytes(First)));
        var body = Body(inner, 10 << 20);
        Assert.Equal(First, (await body.ReadAsync()).Buffer.Length);
        Assert.Equal(1, inner.Reads);
        Assert.Equal(0, inner.Advances);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Nothing_is_gathered_of_one_that_ends(bool cancelled, bool completed)
    {
        await ComesAsync(Bytes(Enough));
        var inner = new Script(Read(Bytes(First), cancelled, completed));
        var read = await Body(inner, 10 << 20).ReadAsync();
        Assert.Equal((First, cancelled, completed), ((int)read.Buffer.Length, read.IsCanceled, read.IsCompleted));
        Assert.Equal(1, inner.Reads);
    }

    [Fact]
    public async Task Nothing_is_gathered_where_little_is_still_to_come()
    {
        await ComesAsync(Bytes(Enough));
        var inner = new Script(Read(Bytes(First)));
        Assert.Equal(First, (await Body(inner, First + 1000).ReadAsync()).Buffer.Length);
        Assert.Equal(1, inner.Reads);
    }

    [Fact]
    public async Task A_failure_behind_the_first_bytes_is_told_behind_them()
    {
        await ComesAsync(Bytes(Enough));
        var bytes = Bytes(First);
        var inner = new Script(Read(bytes), () => throw new IOException("reset"));
        var body = Body(inner, 10 << 20);
        var read = await body.ReadAsync();
        Assert.Equal(bytes, read.Buffer.ToArray());
        Assert.False(read.IsCanceled || read.IsCompleted);
        body.AdvanceTo(read.Buffer.End);
        await Assert.ThrowsAsync<IOException>(async () => await body.ReadAsync());
        Assert.Equal((2, 1), (inner.Reads, inner.Advances));
        Assert.Equal(Made, _pool.UnusedCount);
    }

    [Fact]
    public async Task Whoever_read_behind_them_may_give_its_block_back_before_they_are_taken()
    {
        await ComesAsync(Bytes(Enough));
        var bytes = Bytes(First);
        var inner = new Script(Read(bytes), () =>
        {
            _arrival.Rent().Dispose();
            throw new IOException("reset");
        });
        var body = Body(inner, 10 << 20);
        var read = await body.ReadAsync();
        using (var others = new Others(_pool, Made - 1))
            Assert.Equal(bytes, read.Buffer.ToArray());
        body.AdvanceTo(read.Buffer.End);
        Assert.Equal(Made, _pool.UnusedCount);
    }

    [Fact]
    public async Task Bytes_that_were_read_elsewhere_come_next()
    {
        await ComesAsync(Bytes(Enough));
        var (first, second, third) = (Bytes(First), Bytes(777), Bytes(3));
        var inner = new Script(Read(first), Read(second), Read(third));
        var body = Body(inner, 10 << 20);
        foreach (var expected in new[] { first, second, third })
        {
            var read = await body.ReadAsync();
            Assert.Equal(expected, read.Buffer.ToArray());
            body.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal((3, 3), (inner.Reads, inner.Advances));
        Assert.Equal(Made, _pool.UnusedCount);
    }

    [Fact]
    public async Task A_wait_that_is_broken_off_hands_over_the_first_bytes()
    {
        await ComesAsync(Bytes(Enough));
        var bytes = Bytes(First);
        var inner = new Script(Read(bytes), Read([], cancelled: true), Read([7]));
        var body = Body(inner, 10 << 20);
        var read = await body.ReadAsync();
        Assert.Equal(bytes, read.Buffer.ToArray());
        Assert.True(read.IsCanceled);
        body.AdvanceTo(read.Buffer.End);
        Assert.Equal([7], (await body.ReadAsync()).Buffer.ToArray());
        Assert.Equal((3, 2), (inner.Reads, inner.Advances));
    }

    // So many of the longest are made at once, and all are unused again.
    private static int Made => (8 << 20) / (1 << 20);

    private GatheredBody Body(PipeReader inner, long length)
    {
        _arrival.GoesTo(Place, length);
        return new(inner, _arrival);
    }

    private async Task ComesAsync(ReadOnlyMemory<byte> bytes)
    {
        var before = _server.Available;
        var sending = _client.SendAsync(bytes).AsTask();
        while (_server.Available < before + bytes.Length)
            await Task.Delay(1).WaitAsync(TimeSpan.FromMinutes(1));
        _ = await sending;
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }

    private static unsafe int IntoPage(in ReadOnlySequence<byte> bytes)
    {
        fixed (byte* at = &MemoryMarshal.GetReference(bytes.FirstSpan))
            return (int)((nint)at % Environment.SystemPageSize);
    }

    private static Func<ReadResult> Read(byte[] bytes, bool cancelled = false, bool completed = false) => () => new(new(bytes), cancelled, completed);

    /// <summary>All other blocks, and something else in each.</summary>
    private sealed class Others : IDisposable
    {
        private readonly List<IMemoryOwner<byte>> _blocks;

        public Others(BufferPool pool, int count)
        {
            // There is none left that is not used.
            Assert.Equal(count, pool.UnusedCount);
            _blocks = [.. Enumerable.Range(0, count).Select(_ => pool.Rent(pool.MaxBufferSize))];
            _blocks.ForEach(block => block.Memory.Span.Clear());
        }

        public void Dispose() => _blocks.ForEach(block => block.Dispose());
    }

    private sealed class Script(params Func<ReadResult>[] reads) : PipeReader
    {
        public int Reads { get; private set; }

        public int Advances { get; private set; }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => new(reads[Reads++]());

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Advances++;

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
