using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Login;
using ChunkUpload.Cli.Sharing;

namespace ChunkUpload.Cli.Doctor;

/// <summary>The key: 1. where it lies and who can read it there; 2. whether it is good and what it may do; 3. when it ends.</summary>
internal sealed class KeyCheck(Target target, RawCalls calls, Report report)
{
    private const int FewDays = 14;
    private static readonly string[] Needed = ["upload", "read", "list"];

    /// <summary>The rights of the key.</summary>
    public IReadOnlyList<string> Rights { get; private set; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        // 1. Where it lies and who can read it there.
        var isStored = target.KeyProfile is not null && target.KeyFrom!.EndsWith(Settings.File, StringComparison.Ordinal);
        var place = isStored ? Settings.File : target.KeyPath;
        report.Figures["keyFrom"] = target.KeyFrom;
        if (target.Key is null)
            report.Bad("key", "There is none.", $"cu login {target.Url}");
        else if (place is { } file && IsOpen(file))
            report.Bad("key", $"It lies in {file}, which others on this machine can read.", $"chmod 600 {file}");
        else
            report.Good("key", $"from {target.KeyFrom}{(isStored ? $", because {KeyStore.WhyFile()}" : "")}");

        // 2. Whether it is good and what it may do.
        var answer = await calls.SendAsync(HttpMethod.Get, "api/me", null, stop);
        if (answer.Status == 401)
        {
            report.Bad("rights", answer.Failure().Message, $"cu login {target.Url}");
            throw answer.Failure();
        }

        if (!answer.IsGood)
            throw answer.Failure();
        Rights = [.. answer.Field("scopes")!.Value.EnumerateArray().Select(scope => scope.GetString()!)];
        var who = answer.Field("name") is { ValueKind: System.Text.Json.JsonValueKind.String } name
            ? name.GetString()
            : answer.Field("subject")!.Value.GetString();
        report.Figures["subject"] = answer.Field("subject")!.Value.GetString();
        report.Figures["rights"] = new JsonArray([.. Rights.Select(right => JsonValue.Create(right))]);
        var lacks = Needed.Except(Rights).ToList();
        if (lacks.Count > 0)
        {
            report.Bad(
                "rights", $"{who} may {string.Join(", ", Rights)}, but not {string.Join(", ", lacks)}.",
                "That is enough for some verbs only. A key gets its rights when it is made.");
        }
        else
        {
            report.Good("rights", $"{who} may {string.Join(", ", Rights)}");
        }

        // 3. When it ends.
        if (target.Key is not null && answer.Field("credential")?.GetString() == "apiKey")
            await EndAsync(target.Key, stop);
    }

    private async Task EndAsync(string secret, CancellationToken stop)
    {
        using var client = target.Client();
        if (await KeysVerb.FindAsync(client, secret, stop) is not { ExpiresAt: { } end })
            return;
        var days = (int)(end - TimeProvider.System.GetUtcNow()).TotalDays;
        report.Figures["keyDays"] = days;
        if (days < FewDays)
            report.Bad("key's end", $"It ends in {days} days.", $"cu login {target.Url} gets another one.");
        else
            report.Good("key's end", string.Create(CultureInfo.InvariantCulture, $"{end.ToLocalTime():yyyy-MM-dd}, in {days} days"));
    }

    private static bool IsOpen(string file)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        return !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & Others) != 0;
    }
}
