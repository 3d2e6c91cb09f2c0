using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// <c>volume.json</c> in the data directory: which volume this is, how its files are laid out, and which ledger names them.
/// </summary>
/// <param name="Ledger">Null until the first start that has found the two to belong together.</param>
internal sealed record StoreMarker(Guid Id, DateTimeOffset CreatedAt, int FormatVersion, Guid? Ledger = null)
{
    public const string FileName = "volume.json";

    private const int KnownFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // As an editor leaves it behind who takes out the last line.
        AllowTrailingCommas = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static StoreMarker ReadOrMake(string directory, TimeProvider time)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            Write(directory, path, new StoreMarker(Guid.NewGuid(), time.GetUtcNow(), KnownFormat), replace: false);
        else
            Paths.FlushDirectory(directory);

        return Read(path);
    }

    /// <summary>Null where there is none.</summary>
    /// <exception cref="StartRefusedException">It is there and says nothing, or of another format.</exception>
    public static StoreMarker? Find(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return File.Exists(path) ? Read(path) : null;
    }

    /// <summary>The same volume, of this ledger from now on.</summary>
    public StoreMarker Bind(string directory, Guid ledger)
    {
        var bound = this with { Ledger = ledger };
        Write(directory, Path.Combine(directory, FileName), bound, replace: true);
        return bound;
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
            throw new StartRefusedException($"The volume marker {path} is not readable: bring it back from a backup.");
        if (marker.FormatVersion != KnownFormat)
            throw new StartRefusedException($"The volume marker {path} says format {marker.FormatVersion}, and this version of "
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

        // Another one can only be there when somebody put it there by hand meanwhile; then that one counts.
        if (replace)
            Paths.RenameReplace(temporary, path);
        else if (!Paths.RenameNoReplace(temporary, path))
            File.Delete(temporary);
        Paths.FlushDirectory(directory);
    }
}
