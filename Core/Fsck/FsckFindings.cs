using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>Collects the findings. A lost store has a finding for every extent, so beyond some thousands they are only counted.</summary>
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
    /// The name that a person can search for, such as <c>chunk/12-7f3a…</c>. Only the store can map it to a path.
    /// </summary>
    private static string Name(StoredFile file) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file.Kind}/{file.Incarnation}-{file.Unique:N}")
            .ToLowerInvariant();
}
