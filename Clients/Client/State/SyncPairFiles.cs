using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.State;

/// <summary>The files of a pair of a local folder and one of a service: its state, its report, and the answers of the user.</summary>
internal sealed class SyncPairFiles(string states, string id)
{
    private const int MostBytes = 64 << 20;
    private const string Told = ".told.json";

    public string Id => id;

    /// <summary>The state of the pair. The process that keeps it in sync has it locked.</summary>
    public string State => Path.Combine(Folder(states), id + ".jsonl");

    private string Answers => Path.Combine(Folder(states), id + ".answers");

    public static SyncPairFiles Of(string states, string service, string? space, string local, string path) =>
        new(states, StateStore.IdOf("pair", service, space, local, path));

    /// <summary>Returns all pairs of this user, with the last report of each.</summary>
    public static IEnumerable<(SyncPairFiles Files, SyncTold Told)> All(string states)
    {
        var folder = Folder(states);
        if (!Directory.Exists(folder))
            yield break;
        foreach (var path in Directory.GetFiles(folder, "*" + Told).Order(StringComparer.Ordinal))
        {
            var files = new SyncPairFiles(states, Path.GetFileName(path)[..^Told.Length]);
            if (files.Read() is { } told)
                yield return (files, told);
        }
    }

    /// <summary>Returns what the pair told last; <c>null</c> if that is nothing, or cannot be understood.</summary>
    public SyncTold? Read()
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(Folder(states), id + Told));
            return file.Length > MostBytes ? null : JsonSerializer.Deserialize(file, SyncToldJson.Default.SyncTold);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Tell(SyncTold told)
    {
        try
        {
            PrivateFile.Replace(
                Path.Combine(Folder(states), id + Told), JsonSerializer.SerializeToUtf8Bytes(told, SyncToldJson.Default.SyncTold),
                flush: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The state of {told.Local} cannot be written: {failure.Message}", failure);
        }
    }

    /// <summary>Leaves an answer for the process that keeps the pair in sync. The last one to a question counts.</summary>
    public void Leave(SyncReply reply)
    {
        try
        {
            PrivateFile.CreateFolder(Answers);
            PrivateFile.Replace(
                Path.Combine(
                    Answers,
                    string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow().Ticks:d20}-{Guid.NewGuid():n}.json")),
                JsonSerializer.SerializeToUtf8Bytes(reply, SyncToldJson.Default.SyncReply),
                flush: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The answer cannot be saved: {failure.Message}", failure);
        }
    }

    public bool HasReplies => Directory.Exists(Answers) && Directory.EnumerateFiles(Answers, "*.json").Any();

    /// <summary>Reads and removes the answers of the user.</summary>
    /// <param name="take">Makes an answer durable; then its file is removed.</param>
    public void TakeReplies(Action<SyncReply> take)
    {
        foreach (var path in (HasReplies ? Directory.GetFiles(Answers, "*.json") : []).Order(StringComparer.Ordinal))
        {
            if (ReplyIn(path) is { } reply)
                take(reply);
            File.Delete(path);
        }
    }

    private static SyncReply? ReplyIn(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SyncToldJson.Default.SyncReply);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string Folder(string states) => Path.Combine(states, "pairs");
}

/// <summary>The report of a pair about its last round.</summary>
internal sealed record SyncTold(string Local, string Service, string? Space, string Path, DateTimeOffset At)
{
    /// <summary>in_step, waiting, needs_you or away.</summary>
    public required string State { get; init; }

    /// <summary>Why it waits, as a sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>The removals that need an approval.</summary>
    public SyncQuestion? Question { get; init; }

    /// <summary>The open conflicts.</summary>
    public IReadOnlyList<SyncToldConflict> Conflicts { get; init; } = [];

    /// <summary>The conflicts that were decided within the last 30 days.</summary>
    public IReadOnlyList<SyncDecidedLine> Decided { get; init; } = [];

    /// <summary>Why files could not be copied, by path.</summary>
    public IReadOnlyDictionary<string, string> Failing { get; init; } = new Dictionary<string, string>();

    /// <summary>The number of items that are left out.</summary>
    public int LeftOut { get; init; }

    /// <summary>The number of items that are equal on both sides.</summary>
    public int Items { get; init; }
}

/// <summary>An open conflict.</summary>
/// <param name="Id">Names the path and both versions for people.</param>
/// <param name="Digest">Names the path and both versions.</param>
/// <param name="By">The user or key that changed the service's side last, if known.</param>
internal sealed record SyncToldConflict(
    string Id, string Path, string Kind, string Digest, SyncToldSide? Left, SyncToldSide? Right, string? By);

internal sealed record SyncToldSide(bool IsFolder, long? Size, DateTimeOffset? Modified)
{
    public static SyncToldSide? Of(SyncEntry? entry) => entry is null ? null : new(entry.IsFolder, entry.Size, entry.Modified);
}

/// <summary>An answer of the user.</summary>
/// <param name="Path"><c>null</c>: to the question about removals.</param>
/// <param name="About">The digest of what it is about, or with <paramref name="TakesBack"/> the id of a decision.</param>
internal sealed record SyncReply(string? Path, string About, SyncAnswer Answer, bool TakesBack = false);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SyncTold))]
[JsonSerializable(typeof(SyncReply))]
internal sealed partial class SyncToldJson : JsonSerializerContext;
