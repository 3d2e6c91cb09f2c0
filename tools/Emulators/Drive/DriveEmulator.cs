using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Google Drive v3 with its uploads and the sign-in of Google accounts.</summary>
internal sealed class DriveEmulator : Emulator
{
    private const string Scope = "https://www.googleapis.com/auth/";

    private EmulatorContext _context = null!;
    private DriveStore _store = null!;
    private DriveLimits _limits = null!;
    private Uploads _uploads = null!;
    private FileLists _lists = null!;
    private SharedDriveRoutes _drives = null!;

    public override string Name => "drive";

    public override IReadOnlyDictionary<string, object?> DefaultSwitches { get; } = new Dictionary<string, object?>
    {
        ["incompleteSearch"] = false,
        ["emptyPages"] = false,
        ["mostPerPage"] = null,
        ["hashesAbsent"] = false,
        ["onlyMd5"] = false,
        ["keepBytesLess"] = 0L,
        ["sink"] = false,
        ["unitsPerMinute"] = null,
        ["queriesPerMinute"] = null,
        ["throttleStatus"] = 403L,
        ["dailyUploadBytes"] = null,
        ["dailyDownloadBytes"] = null,
    };

    private static readonly Dictionary<string, string> KnownScopes = new()
    {
        [Scope + "drive"] = "See, edit, create and delete all of your files",
        [Scope + "drive.file"] = "See, edit, create and delete only the files that you use with this application",
        [Scope + "drive.readonly"] = "See and download all of your files",
        [Scope + "drive.metadata"] = "See and change the names and places of your files",
        [Scope + "drive.metadata.readonly"] = "See the names and places of your files",
        ["openid"] = "Know who you are",
        ["email"] = "See your address",
        ["profile"] = "See your name",
    };

    private readonly ServiceAccounts _serviceAccounts = new();

    public DriveEmulator() => OAuth = new()
    {
        Brand = "Emulated Google",
        AuthorizePath = "/o/oauth2/v2/auth",
        TokenPath = "/token",
        RevokePath = "/revoke",
        Scopes = KnownScopes,
        ClientlessGrants = (server, values) => _serviceAccounts.Redeem(server, KnownScopes, values),
        // Google gives a refresh token for offline access, and once only unless the consent is asked for again.
        GivesRefreshToken = (request, hadConsent) =>
            request.Query.GetValueOrDefault("access_type") == "offline"
            && (!hadConsent || request.Query.GetValueOrDefault("prompt", "").Contains("consent", StringComparison.Ordinal)),
    };

    public override OAuthProfile OAuth { get; }

    public override void Map(WebApplication app, EmulatorContext context)
    {
        _context = context;
        _store = new DriveStore(context);
        _limits = new DriveLimits(context);
        var view = new DriveView(_store, context);
        var edits = new FileEdits(_store);
        var downloads = new Downloads(_store, _limits);
        _uploads = new Uploads(_store, view, edits, _limits, context);
        _lists = new FileLists(_store, view, context);
        _drives = new SharedDriveRoutes(_store);
        var router = new DriveRouter(app, context, _limits);
        new FileRoutes(_store, view, edits, downloads).Map(router);
        _lists.Map(router);
        new ResumableUploads(_uploads, context).Map(router);
        new RevisionRoutes(_store, downloads).Map(router);
        new ChangeRoutes(_store, view).Map(router);
        new AboutRoutes(_store, view).Map(router);
        _drives.Map(router);
        new PermissionRoutes(_store, view).Map(router);
        _serviceAccounts.Map(app, context);
    }

    public override async Task BeginAsync(CancellationToken cancellationToken)
    {
        lock (_store.Gate)
            _store.Begin();
        if (!_context.Options.Demo)
            return;
        var seeder = new DriveSeeder(_store, _context);
        foreach (var body in DemoTree.Bodies([.. _context.Options.Accounts.Select(account => account.Email)], _store.Now))
            await seeder.SeedAsync(body, cancellationToken);
    }

    public override void Reset()
    {
        _uploads.ExpireAll();
        _serviceAccounts.Reset();
        lock (_store.Gate)
            _store.Reset();
        _lists.Reset();
        _drives.Reset();
        _limits.Reset();
    }

    public override Task<object> SeedAsync(JsonElement description, CancellationToken cancellationToken)
    {
        try
        {
            var body = description.Deserialize<DriveSeedBody>(JsonSerializerOptions.Web)!;
            return new DriveSeeder(_store, _context).SeedAsync(body, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw new ControlException(exception.Message);
        }
    }

    public override void ExpireSessions() => _uploads.ExpireAll();

    public override void ExpireDownloadUrls()
    {
        // Drive's downloads have no addresses of their own.
    }

    public override void SetQuota(string? account, long? bytes)
    {
        lock (_store.Gate)
            _store.SetLimit(account, bytes);
    }

    public override async ValueTask DisposeAsync()
    {
        await _uploads.DisposeAsync();
        await base.DisposeAsync();
    }

    public override object ErrorBody(int status, string? reason, string? message) => DriveException.Body(status, reason, message);
}
