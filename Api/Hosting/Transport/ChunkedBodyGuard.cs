using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// In front of a connection's input. The server takes a chunked body out of its framing into a pipe, and drops what lies in that pipe as soon
/// as the framing breaks, a trailer is none or the connection ends. So the fault, the trailers or the end are kept from it until the request
/// has seen all bytes that came before: they came, and count (T56, R88). It judges nothing; what is not chunked passes untouched.
/// </summary>
internal sealed class ChunkedBodyGuard(PipeReader inner) : PipeReader
{
    private readonly Lock _gate = new();

    // Of what the server has consumed.
    private ChunkFraming _framing;
    private long _given;
    private ReadOnlySequence<byte> _last;

    private long _taken;
    private bool _closed, _cancelled;
    private volatile bool _brokeOff;
    private volatile bool _on;
    private TaskCompletionSource? _waiter;

    /// <summary>To be called behind UseHttps.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        var guard = new ChunkedBodyGuard(connection.Transport.Input);
        connection.Features.Set(guard);
        connection.Transport = new Guarded(guard, connection.Transport.Output);
        return next(connection);
    });

    /// <summary>Whether the connection ended inside a body whose framing was sound as far as it came.</summary>
    public bool BrokeOff => _brokeOff;

    /// <summary>A request's chunked body comes next, and none of it has been read.</summary>
    public void Begin()
    {
        lock (_gate)
            (_framing, _given, _taken, _closed, _cancelled, _brokeOff, _on) = (default, 0, 0, false, false, false, true);
    }

    /// <summary>So much of the body has the request taken, or looked at in vain: it waits for more.</summary>
    public void Took(long bytes)
    {
        lock (_gate)
        {
            _taken = bytes;
            Wake(_taken >= _given);
        }
    }

    /// <summary>The request takes nothing more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _on = false;
            Wake(true);
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _on ? GuardAsync(cancellationToken) : inner.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        if (!_on)
            return inner.TryRead(out result);
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_last.IsEmpty)
        {
            _ = _framing.TryRead(_last.Slice(0, consumed), out _, out var bytes);
            lock (_gate)
                _given += bytes;
            _last = default;
        }

        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        lock (_gate)
        {
            _cancelled = _waiter is not null;
            Wake(_cancelled);
            if (_cancelled)
                return;
        }

        inner.CancelPendingRead();
    }

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private async ValueTask<ReadResult> GuardAsync(CancellationToken cancellationToken)
    {
        ReadResult read;
        try
        {
            read = await inner.ReadAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ConnectionAbortedException)
        {
            await TakenAsync();
            throw;
        }

        var framing = _framing;
        var whole = framing.TryRead(read.Buffer, out var sound, out _);
        if (whole && (!read.IsCompleted || framing.IsOver))
        {
            _last = read.Buffer;
            return read;
        }

        _brokeOff = read.IsCompleted && (whole || framing.IsInTrailers);
        // What lies before the fault, the trailers or the end, once; then these.
        if (!_closed)
        {
            _closed = true;
            if (sound > 0)
            {
                _last = read.Buffer.Slice(0, sound);
                return new ReadResult(_last, read.IsCanceled, isCompleted: false);
            }
        }

        var cancelled = await TakenAsync();
        return new ReadResult(read.Buffer, read.IsCanceled || cancelled, read.IsCompleted);
    }

    /// <returns>True when the server would rather not wait.</returns>
    private async Task<bool> TakenAsync()
    {
        Task waiting;
        lock (_gate)
        {
            if (!_on || _taken >= _given)
                return false;
            _waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = _waiter.Task;
        }

        await waiting;
        lock (_gate)
            return _cancelled;
    }

    private void Wake(bool enough)
    {
        if (!enough)
            return;
        _waiter?.SetResult();
        _waiter = null;
    }

    private sealed class Guarded(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
