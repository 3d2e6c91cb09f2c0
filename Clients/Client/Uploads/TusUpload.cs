using System.Buffers;
using System.Globalization;
using System.Text;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>Sends a file by tus 1.0: in order, from the offset that the service names.</summary>
internal sealed class TusUpload(ServiceCalls calls, Attempts attempts, ProgressBoard board, StateFile state)
{
    private const int Largest = 16 << 20;

    /// <returns>The upload's address.</returns>
    public async Task<string> SendAsync(IUploadSource source, NewSessionBody body, CancellationToken stop)
    {
        var size = source.Size!.Value;
        var isNew = state.State!.Session is null;
        var address = state.State.Session ?? await CreateAsync(size, body, stop);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Largest, Math.Max(1, size)));
        board.Enter(TransferPhase.Moving);
        board.Begin();
        try
        {
            for (long offset = 0, read = -1; ; read = offset)
            {
                if (read < 0 && !isNew)
                {
                    offset = await OffsetAsync(address, stop);
                    if (offset > size)
                        throw TransferException.Invalid("The service has more bytes than the source.");
                    board.Know(new RangeSet(new RangeView(0, offset)), resumed: true);
                }

                if (offset >= size)
                    break;
                var length = (int)Math.Min(Math.Min(buffer.Length, board.Advice.Limit), size - offset);
                if (await source.ReadAsync(offset, buffer.AsMemory(0, length), stop) < length)
                    throw new TransferException(TransferFailure.SourceChanged, "The source became shorter while it was sent.");
                if (source.HasChanged)
                    throw new TransferException(TransferFailure.SourceChanged, "The source changed while it was sent.");
                offset = await PieceAsync(address, offset, buffer.AsMemory(0, length), stop);
            }
        }
        finally
        {
            board.End();
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return address;
    }

    /// <summary>The place and the attributes of the file, as the service reads them from the field Upload-Metadata.</summary>
    public static string Metadata(NewSessionBody body)
    {
        (string Name, string? Value)[] fields =
        [
            ("filename", body.FileName ?? body.Path?.Split('/')[^1]), ("filetype", body.ContentType), ("path", body.Path),
            ("conflict", body.Path is null ? null : body.Conflict), ("modifiedAt", body.ModifiedAt), ("mode", body.Mode),
        ];
        return string.Join(',', fields.Where(field => field.Value is not null)
            .Select(field => $"{field.Name} {Convert.ToBase64String(Encoding.UTF8.GetBytes(field.Value!))}"));
    }

    private async Task<long> PieceAsync(string address, long start, ReadOnlyMemory<byte> bytes, CancellationToken stop) =>
        await attempts.PersistAsync(
            async failures =>
            {
                var offset = failures > 0 ? await OffsetAsync(address, stop) : start;
                if (offset > start)
                    board.Received(start, Math.Min(offset, start + bytes.Length) - start, chunk: false);
                // The service may have more, or less than it had: then the caller reads on from there.
                if (offset < start || offset >= start + bytes.Length)
                    return offset;
                var sent = 0;
                var request = Request(HttpMethod.Patch, address,
                    (TusHeaders.UploadOffset, offset.ToString(CultureInfo.InvariantCulture)));
                request.Content = new MemoryContent(bytes[(int)(offset - start)..], "application/offset+octet-stream", count =>
                {
                    sent += count;
                    board.Sending(count);
                    ClientMeter.Sent.Add(count);
                });
                try
                {
                    var answer = await calls.SendAsync(request, stop, board.Advice.StallTimeout);
                    var next = answer.Number(TusHeaders.UploadOffset)
                        ?? throw TransferException.Network("Something else than a tus service has answered.");
                    if (next < offset || next > start + bytes.Length)
                        throw TransferException.Invalid("The service names an offset that no byte was sent to.");
                    board.Received(offset, next - offset);
                    return next;
                }
                catch (TransferException failure) when (failure.Status == 413 && bytes.Length > 1 << 16)
                {
                    board.Advice.Lower(bytes.Length / 2);
                    return offset;
                }
                finally
                {
                    board.Sending(-sent);
                }
            },
            stop);

    private async Task<string> CreateAsync(long size, NewSessionBody body, CancellationToken stop)
    {
        var metadata = Metadata(body);
        var answer = await attempts.PersistAsync(
            _ => calls.SendAsync(
                Request(HttpMethod.Post, "files", (TusHeaders.UploadLength, size.ToString(CultureInfo.InvariantCulture)),
                    (TusHeaders.UploadMetadata, metadata)), stop), stop);
        var location = answer.Header("Location") ?? throw TransferException.Network("Something else than a tus service has answered.");
        if (!Uri.TryCreate(calls.Address.Resolve("files"), location, out var resolved) || resolved.Scheme is not ("http" or "https"))
            throw TransferException.Invalid("The address of the upload in the answer is none.");
        var address = resolved.AbsoluteUri;
        state.Save(old => old! with { Session = address });
        return address;
    }

    private Task<long> OffsetAsync(string address, CancellationToken stop) => attempts.PersistAsync(
        async _ => (await calls.SendAsync(Request(HttpMethod.Head, address), stop)).Number(TusHeaders.UploadOffset)
            ?? throw TransferException.Network("Something else than a tus service has answered."), stop);

    private HttpRequestMessage Request(HttpMethod method, string path, params ReadOnlySpan<(string Name, string? Value)> headers) =>
        calls.Request(method, path, [(TusHeaders.TusResumable, TusHeaders.Version), .. headers]);
}
