using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Cli.Login;
using ChunkUpload.Client;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Cli;

/// <summary>An address and its key, under a name.</summary>
/// <param name="IsOwn">The key was made for this profile alone, so that it ends with it.</param>
internal sealed record Profile(string Url, string? Key, bool InKeyring = false, bool IsOwn = false);

/// <summary>The user's file of profiles. Its keys are why only the user can read it.</summary>
internal sealed record Settings(string Current, Dictionary<string, Profile> Profiles)
{
    public const string Default = "default";

    public static string File
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } config && Path.IsPathRooted(config)
                ? config
                : OperatingSystem.IsWindows()
                    ? Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData)
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
            return Path.Combine(folder, "chunkupload", "cu.json");
        }
    }

    public static Settings Load()
    {
        try
        {
            var settings = JsonSerializer.Deserialize(System.IO.File.ReadAllText(File), SettingsJson.Default.Settings);
            if (settings?.Profiles is not { } profiles)
                return new Settings(Default, []);
            return profiles.FirstOrDefault(profile => profile.Value?.Url is null) is { Key: { } broken }
                ? throw new UsageException($"{File}: the profile {broken} has no address. Repair or remove it.")
                : settings;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Settings(Default, []);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{File} cannot be read: {failure.Message} Repair or remove it.");
        }
    }

    /// <summary>Fails where <see cref="Save"/> would, and changes nothing.</summary>
    public void TryOut() => System.IO.File.Delete(Write());

    public void Save() => System.IO.File.Move(Write(), File, overwrite: true);

    /// <returns>The new file, which does not count yet.</returns>
    private string Write()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var folder = Path.GetDirectoryName(File)!;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            _ = Directory.CreateDirectory(folder);
        }
        else
        {
            _ = Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
            options.UnixCreateMode = Private;
        }

        var fresh = File + ".new";
        using (var file = System.IO.File.Open(fresh, options))
            JsonSerializer.Serialize(file, this, SettingsJson.Default.Settings);
        return fresh;
    }
}

/// <summary>The settings of one call: options take precedence over the environment, and that over the file.</summary>
internal sealed record Target(Uri Url, string? Key, string UrlFrom, string? KeyFrom)
{
    /// <summary>Gets a value that indicates whether the address is that of a link.</summary>
    public bool IsLink => Url.AbsolutePath.Contains("/l/", StringComparison.Ordinal);

    /// <exception cref="UsageException">The address is that of a link.</exception>
    public void RequireService()
    {
        if (IsLink)
            throw new UsageException("Give the address of the service, not that of a link.");
    }

    public static Target Of(ParseResult parse, string? link = null)
    {
        if (link is not null)
            return Told(new Target(Address(link), null, "command line", null) { Retry = RetryOf(parse), Log = LogOf(parse) }, parse);
        var settings = Settings.Load();
        var name = NameOf(parse, settings);
        var profile = settings.Profiles.GetValueOrDefault(name);
        var names = settings.Profiles.Keys.Order(StringComparer.Ordinal).ToList();
        var known = names.Count == 0 ? "" : $" There is: {string.Join(", ", names)}.";
        if (profile is null && (parse.GetValue(CommandTree.Profile) ?? Variable("CU_PROFILE")) is not null)
            throw new UsageException($"There is no profile {name}.{known}");
        var (url, from) = First(
            (parse.GetValue(CommandTree.Url), "--url"), (Variable("CU_URL"), "CU_URL"), (profile?.Url, $"profile {name}"));
        if (url is null)
            throw new UsageException($"Which service? Give --url or --profile, set CU_URL, or run: cu login URL.{known}");
        var (key, keyFrom) = First(
            (KeyIn(parse.GetValue(CommandTree.KeyFile)), "--key-file"), (Variable("CU_KEY"), "CU_KEY"),
            (KeyIn(Variable("CU_KEY_FILE")), "CU_KEY_FILE"));
        // A profile's key is for its own service only.
        if (key is null && profile is not null && Address(profile.Url) == Address(url))
        {
            key = KeyStore.Find(name, profile);
            keyFrom = key is null ? null : profile.InKeyring ? $"profile {name} in the keyring" : $"profile {name} in {Settings.File}";
        }

        var file = keyFrom switch
        {
            "--key-file" => parse.GetValue(CommandTree.KeyFile),
            "CU_KEY_FILE" => Variable("CU_KEY_FILE"),
            _ => null,
        };
        var target = new Target(Address(url), key, from!, keyFrom)
        {
            Retry = RetryOf(parse),
            Log = LogOf(parse),
            KeyProfile = keyFrom?.StartsWith("profile", StringComparison.Ordinal) == true ? name : null,
            KeyPath = file is null ? null : Path.GetFullPath(file),
        };
        return Told(target, parse);
    }

    private static Target Told(Target target, ParseResult parse)
    {
        Output.Service = target.Url.GetLeftPart(UriPartial.Authority);
        return target with { Waits = RunLog.OfWaits(new Output(parse.GetValue(CommandTree.Json), parse.GetValue(CommandTree.Quiet))) };
    }

    public static string NameOf(ParseResult parse, Settings settings) =>
        parse.GetValue(CommandTree.Profile) ?? Variable("CU_PROFILE") ?? settings.Current ?? Settings.Default;

    public static Uri Address(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "https://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new UsageException($"{text} is no address of a service.");
    }

    public static string? KeyIn(string? file)
    {
        if (file is null)
            return null;
        try
        {
            return System.IO.File.ReadAllText(file).Trim() is { Length: > 0 } key
                ? key
                : throw new UsageException($"{file} is empty.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The key cannot be read: {failure.Message}");
        }
    }

    /// <summary>When to give up.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>Takes what the library logs; null if nothing does.</summary>
    public RunLog? Log { get; init; }

    /// <summary>Says what verbs without progress wait for; null if nothing does.</summary>
    public RunLog? Waits { get; init; }

    /// <summary>The profile that has the key; null if none has.</summary>
    public string? KeyProfile { get; init; }

    /// <summary>The file that has the key; null if none has.</summary>
    public string? KeyPath { get; init; }

    /// <param name="limits">The bandwidths that hold.</param>
    /// <param name="ended">Takes what else the history would remember.</param>
    /// <param name="connections">They outlive the client; null means its own.</param>
    public ChunkUploadClient Client(
        IReadOnlyList<BandwidthLimit>? limits = null, Action<PastTransfer>? ended = null, Connections? connections = null)
    {
        var options = new ChunkUploadClientOptions
        {
            Service = Url,
            Key = Key,
            Product = Product,
            Bandwidth = limits ?? [],
            KeepHistory = ended is null,
            Retry = Retry,
            Ended = ended,
        };
        // Verbs that show progress have limits, and say themselves what they wait for.
        return connections is null
            ? new ChunkUploadClient(options, null, Log ?? (limits is null ? Waits : null))
            : new ChunkUploadClient(options, connections);
    }

    private static RetryPolicy RetryOf(ParseResult parse)
    {
        var time = parse.GetValue(CommandTree.RetryFor) is { } text ? Figures.ParseTime(text) : (TimeSpan?)null;
        var attempts = parse.GetValue(CommandTree.Attempts);
        if (attempts is < 1)
            throw new UsageException("--attempts is a number from 1.");
        var all = RetryPolicy.Default;
        return new RetryPolicy
        {
            Unreachable = Rule(all.Unreachable),
            Network = Rule(all.Network),
            Server = Rule(all.Server),
            Checksum = Rule(all.Checksum),
        };

        // The rules count failures, of which the first attempt is one.
        RetryRule Rule(RetryRule rule) => rule with { Attempts = attempts - 1 ?? rule.Attempts, Deadline = time ?? rule.Deadline };
    }

    private static RunLog? LogOf(ParseResult parse)
    {
        var (verbose, file) = (parse.GetValue(CommandTree.Verbose), parse.GetValue(CommandTree.LogFile));
        return verbose || file is not null ? new RunLog(verbose ? new Output(parse.GetValue(CommandTree.Json)) : null, file) : null;
    }

    public static string Version { get; } = typeof(Target).Assembly.GetName().Version!.ToString(3);

    private static string Product { get; } = $"cu/{Version}";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static (string? Value, string? From) First(params ReadOnlySpan<(string? Value, string From)> places)
    {
        foreach (var (value, from) in places)
        {
            if (value is not null)
                return (value, from);
        }

        return (null, null);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Settings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
