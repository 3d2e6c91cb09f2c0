using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Reads and writes a socket and throws the exceptions that Kestrel expects from a transport.</summary>
internal sealed class SocketStream(Socket socket, Action onEnded) : Stream
{
    private volatile Exception? _failure;
    private volatile bool _broken;
    private int _pendingReads;

    /// <summary>Whether a read is pending, which would notice a disconnect by itself.</summary>
    public bool HasPendingRead => Volatile.Read(ref _pendingReads) > 0;

    /// <summary>Whether sending has failed, so that no later byte may be sent.</summary>
    public bool IsBroken { get => _broken; private set => _broken = value; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sets the exception that pending and later calls throw.</summary>
    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Stops all sending after bytes were lost, because later bytes would not continue the earlier ones.</summary>
    public void Break()
    {
        IsBroken = true;
        onEnded();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A fast sender's bytes have already arrived; the receive then completes synchronously.
        ValueTask<int> read;
        try
        {
            read = socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            onEnded();
            throw Translate(exception);
        }

        if (!read.IsCompletedSuccessfully)
            return WaitAsync(read, buffer.Length > 0);
        var bytes = read.Result;
        if (bytes == 0 && buffer.Length > 0)
            onEnded();
        return new(bytes);
    }

    // Keep this a method: a local function would allocate a closure for reads that complete synchronously too.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read, bool wantsBytes)
    {
        _ = Interlocked.Increment(ref _pendingReads);
        try
        {
            var bytes = await read;
            if (bytes == 0 && wantsBytes)
                onEnded();
            return bytes;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            onEnded();
            throw Translate(exception);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _pendingReads);
        }
    }

    /// <summary>Drops bytes that cannot be sent any more: see <see cref="SocketWriter"/>.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty && !IsBroken)
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            IsBroken = true;
            onEnded();
        }
    }

    /// <summary>Sends as much as the socket takes without blocking. The next write reports a failure.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // Affects only synchronous calls; asynchronous ones never block a thread.
            socket.Blocking = false;
            var sent = socket.Send(bytes, SocketFlags.None, out var error);
            return error == SocketError.Success ? sent : 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>
    /// Writes bytes that were not flushed before the writer was completed, as far as the socket accepts them without blocking, because the
    /// client may not be reading.
    /// </summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // After a partial write, later bytes would not continue the earlier ones.
        if (!IsBroken)
            IsBroken = Send(buffer) < buffer.Length;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private Exception Translate(Exception exception) => _failure
        ?? (exception is SocketException { SocketErrorCode: SocketError.OperationAborted } or ObjectDisposedException
        ? new ConnectionAbortedException("The connection was closed here.", exception)
        : new ConnectionResetException(exception.Message, exception));
}
