using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus.Checksums;

/// <summary>
/// The checksum that comes behind the body. Which algorithm it names is known only then, so all of them run: about four seconds of
/// processor time per GiB, for a request that nothing else can be done for without holding its body or reading it back.
/// </summary>
internal sealed class TrailerChecksum(HttpRequest request) : IBodyChecksum, IDisposable
{
    private readonly RunningChecksum[] _running = [.. ChecksumAlgorithms.All.Select(ChecksumAlgorithms.Start)];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (var running in _running)
            running.Append(bytes);
    }

    /// <summary>Announced and not there, malformed, or unknown: nothing can be verified (T122, T124).</summary>
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
