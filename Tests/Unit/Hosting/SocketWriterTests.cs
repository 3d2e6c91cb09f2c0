using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>Files and bytes on the way to a socket when parts of a file cannot be sent.</summary>
public sealed class SocketWriterTests
{
    [Fact]
    public async Task Response_ends_when_memory_runs_out_for_bytes_of_a_file()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        var ended = false;
        var writer = new SocketWriter(new SocketStream(server, () => ended = true), server, MemoryPool<byte>.Shared);
        var file = new File { Failure = new InvalidOperationException("no memory") };
        _ = await writer.WriteAsync(Encoding.ASCII.GetBytes("head."));
        Assert.True(writer.Take(writer, file, 0, 1000));

        // The server logs it and continues with the next response.
        _ = await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.FlushAsync());
        file.Failure = null;
        Assert.False(writer.Take(writer, file, 1000, 1000));
        var flushed = await writer.WriteAsync(Encoding.ASCII.GetBytes("what follows"));

        Assert.True(flushed.IsCompleted);
        Assert.True(ended);
        await writer.CompleteAsync();
        server.Shutdown(SocketShutdown.Send);
        using var all = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.Equal("head.", await all.ReadToEndAsync().WaitAsync(Eventually.Limit));
    }

    [Fact]
    public async Task Bytes_that_the_socket_takes_are_sent_at_once_and_the_rest_follows()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        var writer = new SocketWriter(new SocketStream(server, () => { }), server, MemoryPool<byte>.Shared);
        var bytes = new byte[64 << 20];
        new Random(3).NextBytes(bytes);
        _ = writer.GetMemory(100);
        bytes.AsSpan(0, 100).CopyTo(writer.GetSpan(100));
        writer.Advance(100);
        Assert.Equal(0, writer.Send(writer, bytes.AsSpan(100, 1000)));
        _ = await writer.FlushAsync();

        var (sent, parts) = (100, 0);
        while (writer.Send(writer, bytes.AsSpan(sent)) is > 0 and var some)
        {
            Assert.Equal(0, writer.UnflushedBytes);
            (sent, parts) = (sent + some, parts + 1);
        }

        Assert.InRange(sent, 101, bytes.Length - 1);
        Assert.True(parts > 0);
        Assert.InRange(writer.Room, 0, 1 << 20);
        var following = writer.WriteAsync(bytes.AsMemory(sent, 100_000)).AsTask();
        var received = new byte[sent + 100_000];
        await client.GetStream().ReadExactlyAsync(received).AsTask().WaitAsync(Eventually.Limit);
        _ = await following;
        Assert.True(received.AsSpan().SequenceEqual(bytes.AsSpan(0, received.Length)));
        Assert.NotEqual(0, writer.Room);
    }

    [Fact]
    public async Task Interim_response_is_not_sent_through_a_proxy_or_after_a_disconnect()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        var writer = new SocketWriter(new SocketStream(server, () => { }), server, MemoryPool<byte>.Shared);

        Assert.Equal(0, writer.Send(new Pipe().Writer, new byte[1000]));
        _ = await writer.WriteAsync(Encoding.ASCII.GetBytes("all"));
        server.Dispose();
        Assert.Equal(0, writer.Send(writer, new byte[1000]));
        Assert.Equal(0, writer.Room);

        using var all = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.Equal("all", await all.ReadToEndAsync().WaitAsync(Eventually.Limit));
    }

    /// <summary>A file of x, of which the kernel sends no byte.</summary>
    private sealed class File : IStoredFileReader, ISendingReader
    {
        public Exception? Failure { get; set; }

        public long Length => 2000;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        {
            if (Failure is { } failure)
                throw failure;
            buffer.Span.Fill((byte)'x');
            return new(buffer.Length);
        }

        public Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public int SendTo(nint target, long offset, int count) => 0;

        public void Dispose()
        {
        }
    }
}
