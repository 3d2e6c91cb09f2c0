using System.Runtime.CompilerServices;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client;

/// <content>Versions of files.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>Lists the contents of a file that are kept, the newest first.</summary>
    /// <exception cref="TransferException">There is no such file, or the service cannot be asked.</exception>
    public async IAsyncEnumerable<RemoteVersion> ListVersionsAsync(
        string path, string? space = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = await DescribeAsync(path, space, cancellationToken);
        for (string? cursor = ""; cursor is not null;)
        {
            var query = $"?limit={PageSize}{(cursor.Length > 0 ? "&cursor=" + Uri.EscapeDataString(cursor) : "")}";
            var answer = await CallAsync(HttpMethod.Get, VersionsPath(file) + query, cancellationToken);
            var page = answer.Read(ClientJson.Default.PageRemoteVersion);
            foreach (var version in page.Items)
                yield return version;
            cursor = page.NextCursor;
        }
    }

    /// <summary>Restores an earlier content of a file as a new version.</summary>
    /// <exception cref="TransferException">There is no such file or version, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> RestoreVersionAsync(
        string path, int number, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var file = await DescribeAsync(path, space, cancellationToken);
        // Each restore makes a version, so a lost answer is not repeated.
        var entry = await _calls.SendAsync(
            _calls.Request(HttpMethod.Post, $"{VersionsPath(file)}/{number}/restore"), ClientJson.Default.EntryAnswer, cancellationToken);
        return RemoteEntry.Of(entry);
    }

    private static string VersionsPath(RemoteEntry file) => $"api/entries/{Uri.EscapeDataString(file.Id)}/versions";
}
