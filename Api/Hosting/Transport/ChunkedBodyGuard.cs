using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Guards a connection's input while a chunked body is read. Kestrel decodes such a body into a pipe and drops the pipe's content as soon
/// as the framing breaks, a trailer is invalid or the connection ends. The guard withholds the fault, the trailers or the end from Kestrel
/// until the request has read all bytes before it, because those bytes must be kept (T56, R88). It only validates the length of extensions
/// itself. Bodies that are not chunked are not affected.
/// </summary>
internal sealed class ChunkedBodyGuard(PipeReader inner) : PipeReader
{
    private readonly Lock _gate = new();

    // The framing as far as Kestrel has consumed the input.
    private ChunkedBodyParser _parser;
    private long _consumedByServer;
    private ReadOnlySequence<byte> _last;

    private long _takenByRequest;
    private bool _validPartGiven, _cancelled;
    private volatile bool _endedInBody;
    private volatile bool _active;
    private TaskCompletionSource? _waiter;

    /// <summary>Installs the guard. Call it after UseHttps, so that the guard sees decrypted bytes.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        var guard = new ChunkedBodyGuard(connection.Transport.Input);
        connection.Features.Set(guard);
        connection.Transport = new GuardedTransport(guard, connection.Transport.Output);
        return next(connection);
    });

    /// <summary>Whether the connection ended inside a body whose framing was valid up to there.</summary>
    public bool EndedInBody => _endedInBody;

    /// <summary>Starts guarding: a request's chunked body comes next, and none of it has been read.</summary>
    public void Begin()
    {
        lock (_gate)
            (_parser, _consumedByServer, _takenByRequest, _validPartGiven, _cancelled, _endedInBody, _active) =
                (default, 0, 0, false, false, false, true);
    }

    /// <summary>Reports how many bytes of the body the request has consumed, or has examined while it waits for more.</summary>
    public void ReportTaken(long bytes)
    {
        lock (_gate)
        {
            _takenByRequest = bytes;
            Wake(_takenByRequest >= _consumedByServer);
        }
    }

    /// <summary>Stops guarding: the request reads no more of its body.</summary>
    public void End()
    {
        lock (_gate)
        {
            _active = false;
            Wake(true);
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _active ? GuardAsync(cancellationToken) : inner.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        if (!_active)
            return inner.TryRead(out result);
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_last.IsEmpty)
        {
            _ = _parser.TryRead(_last.Slice(0, consumed), out _, out var bytes);
            lock (_gate)
                _consumedByServer += bytes;
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
            await WaitUntilTakenAsync();
            throw;
        }

        var parser = _parser;
        var whole = parser.TryRead(read.Buffer, out var valid, out _);
        if (whole && (!read.IsCompleted || parser.IsOver))
        {
            _last = read.Buffer;
            return read;
        }

        _endedInBody = read.IsCompleted && (whole || parser.IsInTrailers);
        // First hand over the bytes before the fault, the trailers or the end. Hand over those only at the next read.
        if (!_validPartGiven)
        {
            _validPartGiven = true;
            if (valid > 0)
            {
                _last = read.Buffer.Slice(0, valid);
                return new ReadResult(_last, read.IsCanceled, isCompleted: false);
            }
        }

        var cancelled = await WaitUntilTakenAsync();
        // Kestrel would continue to read it without a limit.
        if (parser.IsTooLong)
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException("A chunk extension is too long.", StatusCodes.Status400BadRequest);
        return new ReadResult(read.Buffer, read.IsCanceled || cancelled, read.IsCompleted);
    }

    /// <returns>True when Kestrel cancelled the wait.</returns>
    private async Task<bool> WaitUntilTakenAsync()
    {
        Task waiting;
        lock (_gate)
        {
            if (!_active || _takenByRequest >= _consumedByServer)
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

    private sealed class GuardedTransport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
