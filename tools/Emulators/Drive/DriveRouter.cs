using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>What a call needs from the token's scopes.</summary>
internal enum DriveNeed
{
    Metadata,
    Content,
    Write,
}

/// <summary>Adds routes that authenticate, count units, and turn refusals into Google's errors.</summary>
internal sealed class DriveRouter(WebApplication app, EmulatorContext context, DriveLimits limits)
{
    public const int GetUnits = 5;
    public const int ListUnits = 100;
    public const int DownloadUnits = 200;
    public const int ModifyUnits = 50;

    public void Map(string method, string pattern, string operation, DriveNeed need, int units, Func<DriveCall, Task> handle) =>
        MapOpen(method, pattern, operation, http => RunAsync(http, need, units, handle));

    /// <summary>Routes that authenticate by themselves, or whose address is the credential.</summary>
    public void MapOpen(string method, string pattern, string operation, Func<HttpContext, Task> handle) =>
        app.MapMethods(pattern, [method], async http =>
        {
            http.Journal().Operation = operation;
            try
            {
                await handle(http);
            }
            catch (DriveException exception)
            {
                // A client that still sends would see a reset in place of the answer.
                await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
                await DriveCall.FailAsync(http, exception);
            }
        });

    public Task RunAsync(HttpContext http, DriveNeed need, int units, Func<DriveCall, Task> handle) =>
        handle(Authenticate(http, need, units));

    private DriveCall Authenticate(HttpContext http, DriveNeed need, int units)
    {
        if (context.OAuth.Authenticate(http) is not { } grant)
            throw DriveException.Because("authError");
        limits.Count(grant.Account.Email, units);
        var caller = new DriveCaller(grant.Account.Email, grant.Scopes, ResourceKeys(http), $"{http.Request.Scheme}://{http.Request.Host}");
        var may = need switch
        {
            DriveNeed.Write => caller.MayWrite,
            DriveNeed.Content => caller.MayReadContent,
            _ => caller.MayReadMetadata,
        };
        return may ? new DriveCall(http, caller) : throw DriveException.Because("insufficientPermissions");
    }

    /// <summary><c>X-Goog-Drive-Resource-Keys: id/key,id/key</c></summary>
    private static Dictionary<string, string> ResourceKeys(HttpContext http)
    {
        var keys = new Dictionary<string, string>();
        foreach (var pair in http.Request.Headers["X-Goog-Drive-Resource-Keys"].ToString().Split(',', StringSplitOptions.TrimEntries))
            if (pair.Split('/') is [var id, var key])
                keys[id] = key;
        return keys;
    }
}
