using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus.Checksums;

/// <summary>Verifies the checksum declared in the header. A second one in the trailer contradicts it (T123).</summary>
internal sealed class HeaderChecksum(ChecksumField declared, HttpRequest request) : IBodyChecksum, IDisposable
{
    private readonly ChecksumField _declared = declared;
    private readonly RunningChecksum _running = ChecksumAlgorithms.Start(declared.Algorithm);

    public void Append(ReadOnlySpan<byte> bytes) => _running.Append(bytes);

    public ChecksumVerdict Verify()
    {
        if (request.CheckTrailersAvailable() && request.GetTrailer(TusHeaders.UploadChecksum).Count > 0)
            return ChecksumVerdict.Missing;
        return _running.Is(_declared.Digest) ? ChecksumVerdict.Match : ChecksumVerdict.Mismatch;
    }

    public void Dispose() => _running.Dispose();
}
