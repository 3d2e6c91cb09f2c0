using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The file <c>volume.json</c> in the data directory: the store's id, the layout of its files, and the ledger that names them.
/// </summary>
/// <param name="Ledger">Null until a start has confirmed that ledger and store belong together.</param>
/// <param name="Incarnation">The newest one of that ledger that has begun on this store.</param>
/// <param name="Place">The folder in which it began; a copy of the folder is at another place.</param>
internal sealed record StoreMarker(
    Guid Id, DateTimeOffset CreatedAt, int FormatVersion, Guid? Ledger = null, long Incarnation = 0, string? Place = null)
{
    public const string FileName = "volume.json";

    private const int KnownFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // An operator who removes the last line in an editor leaves a trailing comma.
        AllowTrailingCommas = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static StoreMarker ReadOrCreate(string directory, TimeProvider time)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            Write(directory, path, new StoreMarker(Guid.NewGuid(), time.GetUtcNow(), KnownFormat), replace: false);
        else
            Paths.FlushDirectory(directory);

        return Read(path);
    }

    /// <summary>Null where there is no marker.</summary>
    /// <exception cref="StartRefusedException">The marker is unreadable or has an unknown format.</exception>
    /// <exception cref="IOException">This user may not look into the directory.</exception>
    public static StoreMarker? Find(string directory)
    {
        var path = Path.Combine(directory, FileName);
        // File.Exists would hide that permission is missing.
        return Paths.Look(path) is null ? null : Read(path);
    }

    /// <summary>Binds the store to this ledger.</summary>
    public StoreMarker Bind(string directory, Guid ledger) => Replace(directory, this with { Ledger = ledger, Incarnation = 0 });

    public StoreMarker Note(string directory, long incarnation, string place) =>
        Replace(directory, this with { Incarnation = incarnation, Place = place });

    private static StoreMarker Replace(string directory, StoreMarker marker)
    {
        Write(directory, Path.Combine(directory, FileName), marker, replace: true);
        return marker;
    }

    private static StoreMarker Read(string path)
    {
        StoreMarker? marker;
        try
        {
            marker = JsonSerializer.Deserialize<StoreMarker>(File.ReadAllBytes(path), Json);
        }
        catch (JsonException)
        {
            marker = null;
        }

        if (marker is null || marker.FormatVersion < 1 || marker.Id == Guid.Empty)
            throw new StartRefusedException($"The marker {path} of the store is not readable: bring it back from a backup.");
        if (marker.FormatVersion != KnownFormat)
            throw new StartRefusedException($"The marker {path} of the store has format {marker.FormatVersion}, and this version of "
                + $"ChunkUpload knows only format {KnownFormat}: start it with the version that last used this directory.");

        return marker;
    }

    private static void Write(string directory, string path, StoreMarker marker, bool replace)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}";
        using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(marker, Json), 0);
            Paths.Flush(file, temporary);
        }

        // A marker can exist here only if an operator has put it there meanwhile; then it counts.
        if (replace)
            Paths.RenameReplace(temporary, path);
        else if (!Paths.RenameNoReplace(temporary, path))
            File.Delete(temporary);
        Paths.FlushDirectory(directory);
    }
}
