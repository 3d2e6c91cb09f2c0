using System.Text;
using System.Text.Json;

namespace ChunkUpload.Demo;

/// <summary>Two pairs of folders: one of two accounts with three conflicts, and one that its brake has stopped.</summary>
internal sealed class SamplePairs(Caller owner)
{
    private const int Photos = 8;
    private const int RemovedPhotos = 4;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <param name="drive">The connection to Google Drive, and the folder there.</param>
    /// <param name="office">The connection to OneDrive, and the folder there.</param>
    /// <param name="disk">The connection to the folder of the machine, and the folder there.</param>
    public async Task FillAsync(
        (string Connection, string Folder) drive, (string Connection, string Folder) office, (string Connection, string Folder) disk,
        CancellationToken cancellationToken)
    {
        _ = await AddAsync("Site diary, in both accounts", "both", PlaceOf(drive), PlaceOf(office), cancellationToken);
        const string photos = "Inspection photos";
        for (var number = 1; number <= Photos; number++)
        {
            using var photo = new StringContent(string.Concat(Enumerable.Repeat($"Pier {number}. ", 2000)), Encoding.UTF8, "text/plain");
            _ = await owner.SendAsync(
                HttpMethod.Put, $"api/tree/{photos}/pier-{number:D2}.txt?parents=true", photo, cancellationToken);
        }

        var listed = await owner.SendAsync(HttpMethod.Get, $"api/tree/{photos}/?limit=1", null, cancellationToken);
        var own = new { folder = IdOf(listed.GetProperty("folder")) };
        var inspections = await AddAsync("Inspections to the archive disk", "left_to_right", own, PlaceOf(disk), cancellationToken);
        while (await StateAsync(inspections, cancellationToken) is "looking" or "copying")
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        for (var number = 1; number <= RemovedPhotos; number++)
            _ = await owner.SendAsync(HttpMethod.Delete, $"api/tree/{photos}/pier-{number:D2}.txt", null, cancellationToken);
    }

    private static object PlaceOf((string Connection, string Folder) place) => new { connection = place.Connection, folder = place.Folder };

    private async Task<string> AddAsync(string title, string way, object left, object right, CancellationToken cancellationToken) =>
        IdOf(await owner.PostAsync("api/syncs", new { title, way, left, right }, cancellationToken));

    private async Task<string> StateAsync(string pair, CancellationToken cancellationToken) =>
        (await owner.SendAsync(HttpMethod.Get, $"api/syncs/{pair}", null, cancellationToken)).GetProperty("state").GetString()!;

    private static string IdOf(JsonElement item) => item.GetProperty("id").GetString()!;
}
