using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Google Drive v3.</summary>
internal sealed class DriveEmulator : Emulator
{
    public override string Name => "drive";

    public override IReadOnlyDictionary<string, object?> DefaultSwitches { get; } = new Dictionary<string, object?>();

    public override OAuthProfile OAuth { get; } = new()
    {
        Brand = "Emulated Google",
        AuthorizePath = "/o/oauth2/v2/auth",
        TokenPath = "/token",
        RevokePath = "/revoke",
        Scopes = new Dictionary<string, string> { ["https://www.googleapis.com/auth/drive"] = "See, change and delete all your files" },
        GivesRefreshToken = (_, _) => true,
    };

    public override void Map(WebApplication app, EmulatorContext context) => app.MapGet("/hello", () => Results.Ok());

    public override Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Reset()
    {
    }

    public override Task<object> SeedAsync(JsonElement description, CancellationToken cancellationToken) => Task.FromResult<object>(new { });

    public override void ExpireSessions()
    {
    }

    public override void ExpireDownloadUrls()
    {
    }

    public override void SetQuota(string? account, long? bytes)
    {
    }

    public override object ErrorBody(int status, string? reason, string? message) => new { error = new { code = status, reason, message } };
}
