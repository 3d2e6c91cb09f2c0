using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Sends a large file to a service that is near as one stream (Resumable Uploads for HTTP): there parallel chunks gain nothing, and each
/// byte is read once and hashed once at either end. 1. whether the service is near; 2. the upload, a new one or the one that is there;
/// 3. the bytes; 4. the digest of the whole, which the service compares before it publishes anything.
/// </summary>
internal sealed class NearUpload(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, StateFile state, ChunkUploadClientOptions options, TimeProvider time)
{
    private const string Version = "9";
    private const int Block = 1 << 20;
    private const long FirstPiece = 32L << 20;
    private const long LargestPiece = 256L << 20;
    private const int Probes = 4;

    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(20);

    // The size that a proxy accepts.
    private long _most = LargestPiece;

    /// <returns>Null if the file must be sent in chunks.</returns>
    public async Task<(string Id, string Sha256)?> SendAsync(FileSource source, NewSessionBody body, CancellationToken stop)
    {
        var size = source.Size!.Value;
        var begun = state.State!.IsStream ? state.State.Session : null;
        // 1. Whether the service is near.
        if (begun is null && (state.State.Session is not null || size < options.NearFile || !await IsNearAsync(stop)))
            return null;

        // 2. The upload, a new one or the one that is there.
        var id = begun ?? await CreateAsync(size, body, stop);
        long offset = 0;
        if (begun is not null)
        {
            var answer = await attempts.PersistAsync(_ => calls.SendAsync(Request(HttpMethod.Head, id), stop), stop);
            offset = Offset(answer);
            if (offset > size)
                throw TransferException.Invalid("The service has more bytes than the source.");
            board.Know(new RangeSet(new RangeView(0, offset)), resumed: true);
        }

        // 3. The bytes.
        using var whole = new WholeDigest(source, apart: offset > 0);
        board.Enter(TransferPhase.Moving);
        board.Begin();
        try
        {
            while (offset < size)
                offset = await PieceAsync(id, source, whole, offset, stop);
        }
        finally
        {
            board.End();
        }

        // 4. The digest of the whole, which the service compares before it publishes anything.
        board.Enter(TransferPhase.Verifying);
        var digest = await whole.EndAsync(stop);
        if (source.HasChanged)
            throw new TransferException(TransferFailure.SourceChanged, "The source changed while it was sent.");
        _ = await attempts.PersistAsync(
            _ => calls.SendAsync(
                Append(id, size, last: true, new MemoryContent(default, ResumableHeaders.PartialUpload),
                    (ServiceHeaders.ReprDigest, $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(digest))}:")),
                stop),
            stop);
        return (id, digest);
    }

    /// <summary>Asks until an answer is so fast that only a near service gives it, or so slow that no near one does.</summary>
    private async Task<bool> IsNearAsync(CancellationToken stop)
    {
        for (var probe = 0; probe < Probes; probe++)
        {
            var began = time.GetTimestamp();
            try
            {
                var answer = await calls.SendAsync(calls.Request(HttpMethod.Options, "uploads"), stop);
                if (answer.Header(ResumableHeaders.UploadLimit) is null)
                    return false;
            }
            catch (TransferException)
            {
                // The request for a session reports the error.
                return false;
            }

            var took = time.GetElapsedTime(began);
            if (took < options.NearTime)
                return true;
            // The first answer may have needed a connection.
            if (took > Far && probe > 0)
                return false;
        }

        return false;
    }

    private async Task<string> CreateAsync(long size, NewSessionBody body, CancellationToken stop)
    {
        // If its answer is lost, it is made once more, and the first one expires.
        var answer = await attempts.PersistAsync(
            _ =>
            {
                var request = calls.Request(
                    HttpMethod.Post, "uploads", (ResumableHeaders.InteropVersion, Version), (ResumableHeaders.UploadComplete, "?0"),
                    (ResumableHeaders.UploadLength, size.ToString(CultureInfo.InvariantCulture)),
                    (ResumableHeaders.UploadMetadata, TusUpload.Metadata(body)));
                request.Content = new MemoryContent(default, body.ContentType!);
                return calls.SendAsync(request, stop);
            },
            stop);
        var id = answer.Header("Location")?.Split('/')[^1] is { Length: > 0 } named
            ? named
            : throw TransferException.Network("Something else than the service has answered.");
        state.Save(old => old! with { Session = id, IsStream = true });
        return id;
    }

    /// <returns>The next offset.</returns>
    private async Task<long> PieceAsync(string id, FileSource source, WholeDigest whole, long start, CancellationToken stop)
    {
        var length = Math.Min(_most, Math.Clamp((long)board.Speed / 2, FirstPiece, LargestPiece));
        var end = Math.Min(start + length, source.Size!.Value);
        return await attempts.PersistAsync(
            async failures =>
            {
                var offset = start;
                if (failures > 0)
                {
                    // The service keeps what came of a request that broke.
                    offset = Offset(await calls.SendAsync(Request(HttpMethod.Head, id), stop));
                    if (offset > source.Size)
                        throw TransferException.Invalid("The service has more bytes than the source.");
                    if (offset > start)
                        board.Received(start, offset - start, chunk: false);
                    if (offset < start || offset >= end)
                        return offset;
                    start = offset;
                }

                using var body = new SourceContent(source, whole, board, offset, end);
                try
                {
                    _ = await calls.SendAsync(Append(id, offset, last: false, body), stop, board.Advice.StallTimeout);
                    board.Received(offset, end - offset);
                    return end;
                }
                catch (TransferException failure) when (failure.Code == Problems.ProxyTooLarge && end - offset > Block)
                {
                    // The caller continues with less.
                    _most = Math.Max(Block, (end - offset) / 2);
                    return offset;
                }
                catch (TransferException failure) when (failure.Code == ProblemCodes.OffsetConflict)
                {
                    throw TransferException.Network("An earlier request was still being written.", failure);
                }
                finally
                {
                    board.Sending(-body.Sent);
                }
            },
            stop);
    }

    private static long Offset(Answer answer) => answer.Number(ResumableHeaders.UploadOffset)
        ?? throw TransferException.Network("Something else than the service has answered.");

    private HttpRequestMessage Append(
        string id, long offset, bool last, HttpContent body, params ReadOnlySpan<(string Name, string? Value)> headers)
    {
        var request = Request(HttpMethod.Patch, id,
            [
                (ResumableHeaders.UploadOffset, offset.ToString(CultureInfo.InvariantCulture)),
                (ResumableHeaders.UploadComplete, last ? "?1" : "?0"), .. headers,
            ]);
        request.Content = body;
        return request;
    }

    private HttpRequestMessage Request(HttpMethod method, string id, params ReadOnlySpan<(string Name, string? Value)> headers) =>
        calls.Request(method, $"uploads/{id}", [(ResumableHeaders.InteropVersion, Version), .. headers]);

    /// <summary>A range of the source, which is hashed on another core while it is sent, from the same buffers.</summary>
    private sealed class SourceContent : GuardedContent
    {
        private readonly FileSource _source;
        private readonly WholeDigest _whole;
        private readonly ProgressBoard _board;
        private readonly long _from;
        private readonly long _end;

        public SourceContent(FileSource source, WholeDigest whole, ProgressBoard board, long from, long end)
        {
            (_source, _whole, _board, _from, _end) = (source, whole, board, from, end);
            Headers.ContentType = new MediaTypeHeaderValue(ResumableHeaders.PartialUpload);
        }

        public long Sent { get; private set; }

        protected override async Task WriteAsync(Stream stream, CancellationToken stop)
        {
            for (var at = _from; at < _end;)
            {
                var length = (int)Math.Min(BandwidthLimit.Piece(Limits, Block), _end - at);
                // Bytes that are sent again are not hashed again.
                if (at < _whole.Front && _whole.Front < at + length)
                    length = (int)(_whole.Front - at);
                using var chunk = new Chunk(at, ArrayPool<byte>.Shared.Rent(length), length, again: false);
                if (await _source.ReadAsync(at, chunk.Buffer, stop) < length)
                    throw new TransferException(TransferFailure.SourceChanged, "The source became shorter while it was sent.");
                await _whole.TakeAsync(chunk, stop);
                await TakeAsync(length, stop);
                await stream.WriteAsync(chunk.Bytes, stop);
                at += length;
                Sent += length;
                Guard?.Moved();
                _board.Sending(length);
                ClientMeter.Sent.Add(length);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _end - _from;
            return true;
        }
    }
}
