namespace ChunkUpload.Infrastructure.Posix;

/// <summary>Identifies the machine's kernel since it was started.</summary>
internal static class BootId
{
    private const string File = "/proc/sys/kernel/random/boot_id";

    public static string Read() => System.IO.File.ReadAllText(File).Trim();
}
