using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Backups;

/// <summary>
/// The file <c>backup.json</c>, which lists the parts of the backup. Replacing it makes the new backup valid and the previous one invalid
/// in one step.
/// </summary>
/// <param name="Ledger">The name of the ledger's dump in the same folder.</param>
/// <param name="LedgerSha256">The SHA-256 of the dump.</param>
/// <param name="TrigramSchema">The PostgreSQL schema of the extension pg_trgm.</param>
internal sealed record BackupManifest(
    int FormatVersion, DateTimeOffset MadeAt, Guid Store, int Migrations, string Ledger, string LedgerSha256, string TrigramSchema,
    long Files, long Bytes)
{
    public const string FileName = "backup.json";
    public const int KnownFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string DumpName(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"ledger-{at.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}.dump");

    public static async Task<string> DigestAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var draft = path + ".new";
        using (var file = File.OpenHandle(draft, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, Json), 0);
            Paths.Flush(file, draft);
        }

        Paths.RenameReplace(draft, path);
        Paths.FlushDirectory(folder);
    }

    public static BackupManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(path), Json);
        }
        catch (Exception reason) when (reason is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartRefusedException($"{folder} holds no backup: there is no {FileName} in it.", reason);
        }
        catch (JsonException)
        {
            manifest = null;
        }

        // Reject a path outside of the folder.
        if (manifest?.Ledger is not { } dump || Path.GetFileName(dump) != dump || manifest.FormatVersion < 1)
            throw new StartRefusedException($"{path} is not readable: take another copy of the backup.");
        if (manifest.FormatVersion != KnownFormat)
            throw new StartRefusedException(
                $"{path} has format {manifest.FormatVersion}, and this version of ChunkUpload knows only format {KnownFormat}.");
        return manifest;
    }
}
