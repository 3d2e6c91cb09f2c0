using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Compares how a file begins with its declared type, before it is complete, where a limit or a link permits only some types: a client
/// could declare a type that is permitted and send another one.
/// </summary>
public sealed class TypeCheck(LimitBook limits, ExtentReader extents)
{
    /// <summary>Whether the types of the caller's files are limited.</summary>
    public bool AppliesTo(Caller caller) =>
        caller.Grant is { Link.Uploads.Types.Count: > 0 }
        || (limits.HasFileRules && limits.Of(caller).Any(row => row.Values.Rules is { Types.Count: > 0 }));

    /// <summary>Reads the recorded bytes. Null for a part, which becomes no file of its own.</summary>
    public async Task<UploadFailure?> RefuseAsync(Upload upload, CancellationToken cancellationToken)
    {
        if (upload.IsPart)
            return null;
        var refusal = await RefuseAsync(upload.ContentType, [upload], cancellationToken);
        return refusal is null ? null : refusal with { Upload = upload };
    }

    /// <param name="parts">Their bytes, in order, are those of the file.</param>
    public async Task<UploadFailure?> RefuseAsync(
        string contentType, IEnumerable<Upload> parts, CancellationToken cancellationToken)
    {
        var head = new byte[FileSignatures.Length];
        var read = 0;
        try
        {
            foreach (var part in parts)
            {
                read += await ReadAsync(part, head.AsMemory(read), cancellationToken);
                if (read == head.Length)
                    break;
            }
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
        {
            // Bytes are missing at the beginning. They could come before the upload is completed, and would escape this check.
            return new UploadFailure(UploadError.MissingRanges, "Bytes are missing.");
        }

        return Refuse(contentType, head.AsSpan(0, read));
    }

    /// <param name="bytes">Those of the file, or the first of them.</param>
    public static UploadFailure? Refuse(string contentType, ReadOnlySpan<byte> bytes) =>
        FileSignatures.Fault(contentType, bytes[..Math.Min(bytes.Length, FileSignatures.Length)]) is { } fault
            ? new UploadFailure(UploadError.TypeMismatch, fault)
            : null;

    private async Task<int> ReadAsync(Upload part, Memory<byte> into, CancellationToken cancellationToken)
    {
        var read = 0;
        var wanted = (int)Math.Min(into.Length, part.ReceivedBytes);
        if (wanted == 0)
            return 0;
        await foreach (var range in extents.OpenRangesAsync(part.Id, new ByteRange(0, wanted), cancellationToken))
        {
            for (long done = 0; done < range.Range.Length;)
            {
                var got = await range.Reader.ReadAsync(
                    into.Slice(read, (int)(range.Range.Length - done)), range.FileOffset + done, cancellationToken);
                if (got == 0)
                    throw new StoreException(StoreError.Damaged, $"The file that holds byte {read} is too short.");
                (read, done) = (read + got, done + got);
            }
        }

        return read;
    }
}
