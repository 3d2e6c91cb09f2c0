using System.Diagnostics;

namespace ChunkUpload.Cli.Login;

/// <summary>The browser on this machine, where there is one.</summary>
internal static class Browser
{
    /// <summary>Gets a value that indicates whether the person sits at this machine: not behind ssh, and with a display.</summary>
    public static bool IsHere => !Has("SSH_CONNECTION")
        && (!OperatingSystem.IsLinux() || Has("BROWSER") || Has("DISPLAY") || Has("WAYLAND_DISPLAY"));

    /// <returns>False if none could be started.</returns>
    public static bool Open(string address)
    {
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(address) { UseShellExecute = true }
            : new ProcessStartInfo(
                OperatingSystem.IsMacOS() ? "open" : Has("BROWSER") ? Environment.GetEnvironmentVariable("BROWSER")! : "xdg-open",
                [address])
            {
                // What it says is not for the person.
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
        try
        {
            using var process = Process.Start(start);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static bool Has(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 };
}
