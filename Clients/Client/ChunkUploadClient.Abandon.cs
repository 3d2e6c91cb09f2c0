using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client;

/// <content>Cancelling unfinished transfers.</content>
public sealed partial class ChunkUploadClient
{
    private const int IdDigits = 32;

    /// <summary>
    /// Gives the unfinished transfers of a local file, or of the files in a local folder, up: what the service has of uploads is deleted
    /// there, what was written of downloads here, and no later call resumes them. Finished files stay as they are.
    /// </summary>
    /// <param name="local">The local file or folder.</param>
    /// <param name="path">The path or the id at the service, or nothing, as it was given to the transfer.</param>
    /// <param name="space">The id of the space; null means the default one.</param>
    /// <param name="cancellationToken">Ends it; what the service has expires by itself.</param>
    /// <returns>How many transfers were given up. One that another process runs is left.</returns>
    public async Task<int> AbandonAsync(
        string local, string path = "", string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(local);
        ArgumentNullException.ThrowIfNull(path);
        local = Path.TrimEndingDirectorySeparator(Path.GetFullPath(local));
        var target = $"{_calls.Address.Base} {space} ";
        var count = 0;
        foreach (var (id, state) in _states.All().Where(one => IsMeant(one.State)).ToList())
        {
            try
            {
                using var file = _states.Open(id, local);
                if (state.Kind == "down")
                    File.Delete(DownloadRun.PartOf(state.File, id));
                else
                    await DeleteAsync(state, cancellationToken);
                file.Remove();
                count++;
            }
            catch (Exception failure) when (failure is TransferException or IOException or UnauthorizedAccessException)
            {
                _log.NotGivenUp(state.File, failure.Message);
            }
        }

        return count;

        bool IsMeant(TransferState state)
        {
            var isBelow = state.File.StartsWith(local + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            if (!(isBelow || state.File == local) || !state.Remote.StartsWith(target, StringComparison.Ordinal))
                return false;
            var (there, asked) = (state.Remote[target.Length..], path.Trim('/'));
            return there == asked
                || (isBelow && (asked.Length == 0 || there.StartsWith(asked + "/", StringComparison.Ordinal)))
                // The files of a folder are fetched by their ids.
                || (isBelow && state.Kind == "down" && there.Length == IdDigits && there.All(char.IsAsciiHexDigitLower));
        }
    }

    private async Task DeleteAsync(TransferState state, CancellationToken stop)
    {
        if (state.Session is not { } session)
            return;
        // With tus, the id is an address.
        var address = session.Contains('/', StringComparison.Ordinal) ? session
            : state.IsStream ? $"uploads/{session}" : $"api/sessions/{session}";
        var request = _calls.Request(HttpMethod.Delete, address);
        if (address == session)
            _ = request.Headers.TryAddWithoutValidation(Wire.TusHeaders.TusResumable, Wire.TusHeaders.Version);
        try
        {
            _ = await _calls.SendAsync(request, stop);
        }
        catch (TransferException failure) when (Http.Problems.IsGone(failure) || failure.Status is 404 or 410)
        {
            // It was removed meanwhile.
        }
    }
}
