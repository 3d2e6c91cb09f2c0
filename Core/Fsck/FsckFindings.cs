using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Fsck;

/// <summary>Collects what is found. A store that is gone has a finding per extent: beyond some thousands they are only counted.</summary>
internal sealed class FsckFindings
{
    public const int MostListed = 10_000;

    private readonly List<Finding> _listed = [];

    public IReadOnlyList<Finding> Listed => _listed;

    public long Total { get; private set; }

    public void Add(string code, string sentence, UploadId? upload = null, string? fileName = null, StoredFile? file = null)
    {
        Total++;
        if (_listed.Count < MostListed)
            _listed.Add(new Finding(
                code, upload?.ToString(), fileName, file is { } named ? Name(named) : null, sentence, FindingCodes.Remedy(code)));
    }

    /// <summary>
    /// For a person to find it by, as in <c>chunk/12-7f3a…</c>; how the store makes a path of it is the store's business.
    /// </summary>
    private static string Name(StoredFile file) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file.Kind}/{file.Incarnation}-{file.Unique:N}")
            .ToLowerInvariant();
}
