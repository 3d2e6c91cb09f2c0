using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary><c>volume.json</c> in the data directory: which volume this is and how its files are laid out.</summary>
internal sealed record VolumeMarker(Guid Id, DateTimeOffset CreatedAt, int FormatVersion)
{
    public const string FileName = "volume.json";

    private const int KnownFormat = 1;
    private const int CurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const int Exists = 17;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static VolumeMarker ReadOrMake(string directory, TimeProvider time)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            Write(directory, path, new VolumeMarker(Guid.NewGuid(), time.GetUtcNow(), KnownFormat));
        else
            FlushDirectory(directory);

        return Read(path);
    }

    private static VolumeMarker Read(string path)
    {
        VolumeMarker? marker;
        try
        {
            marker = JsonSerializer.Deserialize<VolumeMarker>(File.ReadAllBytes(path), Json);
        }
        catch (JsonException)
        {
            marker = null;
        }

        if (marker is null || marker.FormatVersion < 1 || marker.Id == Guid.Empty)
            throw new StartRefusedException($"The volume marker {path} is not readable: bring it back from a backup.");
        if (marker.FormatVersion != KnownFormat)
            throw new StartRefusedException($"The volume marker {path} says format {marker.FormatVersion}, and this version of ChunkUpload knows only format {KnownFormat}: start it with the version that last used this directory.");

        return marker;
    }

    private static void Write(string directory, string path, VolumeMarker marker)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}";
        using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(marker, Json), 0);
            Flush(file, temporary);
        }

        if (Libc.Renameat2(CurrentDirectory, temporary, CurrentDirectory, path, NoReplace) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            File.Delete(temporary);
            if (error != Exists)
                throw new IOException($"{path}: {new Win32Exception(error).Message}", error);
        }

        FlushDirectory(directory);
    }

    internal static void FlushDirectory(string path)
    {
        var descriptor = Libc.Open(path, 0x80000, 0);
        if (descriptor < 0)
            throw new IOException($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        Flush(directory, path);
    }

    private static void Flush(SafeFileHandle file, string path)
    {
        if (Libc.Fsync((int)file.DangerousGetHandle()) != 0)
            throw new IOException($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }
}
