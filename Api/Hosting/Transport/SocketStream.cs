using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>The bytes of a socket, with the exceptions that the server above knows.</summary>
internal sealed class SocketStream(Socket socket, Action ended) : Stream
{
    private volatile Exception? _failure;
    private volatile bool _gone;
    private int _readers;

    /// <summary>Whether somebody waits for bytes, and so will see the end.</summary>
    public bool Reading => Volatile.Read(ref _readers) > 0;

    /// <summary>Whether nothing can be sent any more.</summary>
    public bool Gone { get => _gone; private set => _gone = value; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>What every later call answers, and one that is under way.</summary>
    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Something that should have been sent was not, so that nothing else may be.</summary>
    public void Break()
    {
        Gone = true;
        ended();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A fast sender's bytes are there already: nothing is awaited then.
        ValueTask<int> read;
        try
        {
            read = socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            ended();
            throw Of(exception);
        }

        if (!read.IsCompletedSuccessfully)
            return WaitAsync(read, buffer.Length > 0);
        var bytes = read.Result;
        if (bytes == 0 && buffer.Length > 0)
            ended();
        return new(bytes);
    }

    // No local function: that would cost garbage for reads that wait for nothing too.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read, bool any)
    {
        _ = Interlocked.Increment(ref _readers);
        try
        {
            var bytes = await read;
            if (bytes == 0 && any)
                ended();
            return bytes;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            ended();
            throw Of(exception);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _readers);
        }
    }

    /// <summary>What cannot be sent any more is dropped: see <see cref="SocketWriter"/>.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty && !Gone)
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Gone = true;
            ended();
        }
    }

    /// <summary>As much as the socket takes without waiting. What has gone wrong the next write meets again.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // Of these calls alone: others wait without a thread.
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
    /// What was never flushed, when the writer is completed: as much as the socket takes without waiting for a client that may read
    /// nothing.
    /// </summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // What comes behind a part that had no room would be no continuation of it.
        if (!Gone)
            Gone = Send(buffer) < buffer.Length;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private Exception Of(Exception exception) => _failure
        ?? (exception is SocketException { SocketErrorCode: SocketError.OperationAborted } or ObjectDisposedException
        ? new ConnectionAbortedException("The connection was closed here.", exception)
        : new ConnectionResetException(exception.Message, exception));
}
