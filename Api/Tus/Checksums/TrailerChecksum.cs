using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus.Checksums;

/// <summary>
/// Verifies a checksum in the trailer. The trailer names its algorithm only at the end, so all algorithms run: about four seconds of
/// processor time per GiB. The alternatives are to buffer the body or to read it back.
/// </summary>
internal sealed class TrailerChecksum(HttpRequest request) : IBodyChecksum, IDisposable
{
    private readonly RunningChecksum[] _running = [.. ChecksumAlgorithms.All.Select(ChecksumAlgorithms.Start)];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (var running in _running)
            running.Append(bytes);
    }

    /// <summary>A trailer that is missing, malformed or of an unknown algorithm cannot be verified (T122, T124).</summary>
    public ChecksumVerdict Verify()
    {
        if (!request.CheckTrailersAvailable()
            || ChecksumField.Read(request.GetTrailer(TusHeaders.UploadChecksum), out var declared) != ChecksumReading.Found)
        {
            return ChecksumVerdict.Missing;
        }

        return _running[(int)declared.Algorithm - 1].Is(declared.Digest) ? ChecksumVerdict.Match : ChecksumVerdict.Mismatch;
    }

    public void Dispose()
    {
        foreach (var running in _running)
            running.Dispose();
    }
}
