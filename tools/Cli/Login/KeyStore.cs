using System.Diagnostics;

namespace ChunkUpload.Cli.Login;

/// <summary>
/// Keeps the keys of profiles: in the system's keyring where libsecret's program is and a keyring answers, else in the file of profiles.
/// </summary>
internal static class KeyStore
{
    private const string Program = "secret-tool";
    private const string Application = "chunkupload";
    private const string NoKeyring = "this system has no keyring that cu knows";

    // A keyring that is locked asks the person.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Stores the key, and says in a sentence where it lies and why there.</summary>
    public static (Profile Profile, string Where) Keep(string name, Uri url, string key)
    {
        var why = NoKeyring;
        if (OperatingSystem.IsLinux())
        {
            var (code, _, fault) = Run(["store", "--label", $"ChunkUpload: {url}", .. Names(name, url)], key);
            if (code == 0 && Run(["lookup", .. Names(name, url)], null).Output == key)
                return (new Profile(url.AbsoluteUri, null, InKeyring: true), $"in the system's keyring (by {Program}), as it is there");
            why = Why(code, fault);
        }

        return (new Profile(url.AbsoluteUri, key), $"in {Settings.File}, which only you can read, because {why}");
    }

    /// <summary>Why a key lies in the file of profiles, and not in a keyring.</summary>
    public static string WhyFile()
    {
        if (!OperatingSystem.IsLinux())
            return NoKeyring;
        // A keyring that answers has no such secret, and says nothing.
        var (code, _, fault) = Run(["lookup", "application", Application, "profile", ""], null);
        return code == 1 && fault.Length == 0
            ? "no keyring answered when it was stored; one does now: run cu login again"
            : Why(code, fault);
    }

    public static string? Find(string name, Profile profile)
    {
        if (!profile.InKeyring)
            return profile.Key;
        var (code, key, fault) = Run(["lookup", .. Names(name, Target.Address(profile.Url))], null);
        return code == 0 && key.Length > 0
            ? key
            : throw new UsageException(
                $"The keyring has no key for the profile {name}{(fault.Length > 0 ? $" ({fault})" : "")}: run cu login.");
    }

    /// <summary>The profile with its key, which it will have no more in the keyring.</summary>
    public static Profile WithKey(string name, Profile profile)
    {
        try
        {
            return profile with { Key = Find(name, profile), InKeyring = false };
        }
        catch (UsageException)
        {
            return profile with { InKeyring = false };
        }
    }

    public static void Forget(string name, Profile profile)
    {
        if (profile.InKeyring)
            _ = Run(["clear", .. Names(name, Target.Address(profile.Url))], null);
    }

    private static string Why(int? code, string fault) =>
        code is null ? $"{Program} is not installed" : $"no keyring answers{(fault.Length > 0 ? $": {fault}" : "")}";

    private static string[] Names(string name, Uri url) => ["application", Application, "service", url.AbsoluteUri, "profile", name];

    /// <returns>No code: there is no such program.</returns>
    private static (int? Code, string Output, string Fault) Run(string[] arguments, string? input)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var fault = process.StandardError.ReadToEndAsync();
            if (input is not null)
                process.StandardInput.Write(input);
            process.StandardInput.Close();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                return (-1, "", "it did not answer");
            }

            return (process.ExitCode, output.Result, fault.Result.Trim().Split('\n')[0]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "", "");
        }
        catch (IOException)
        {
            // It ended before it had read the key.
            return (-1, "", "");
        }
    }
}
