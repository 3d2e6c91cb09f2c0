using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

[Settings("Connections:Google")]
internal sealed class DriveOptions
{
    public const string ByRequests = "requests";
    public const string ByUnits = "units";

    [Description("The client id of the application that is registered at Google. Operators whose users connect Google Drive set it.")]
    public string ClientId { get; set; } = "";

    [Secret]
    [Description("The secret of that application.")]
    public string ClientSecret { get; set; } = "";

    [Description("What users are asked to allow: drive, all of their files; or drive.file, only what this service has made itself, "
        + "for which Google reviews no application. Operators who only send files to Google Drive choose drive.file.")]
    [AllowedValues("drive", "drive.file")]
    public string Scope { get; set; } = "drive";

    [Description("What the two limits count: requests; or units, as Google does for projects that are new in 2026: 100 for a list, 200 for "
        + "a download, 50 for a change, 5 for the rest. Operators of such a project choose units, 325000, 1000000 and a window of "
        + "00:01:00.")]
    [AllowedValues(ByRequests, ByUnits)]
    public string CountBy { get; set; } = ByRequests;

    [Description("How many requests, or units, of one connection are sent in LimitWindow; 0: no limit. The default is cautious. Operators "
        + "whose project allows more raise it.")]
    [Range(0, 1_000_000_000)]
    public long AccountLimit { get; set; } = 1000;

    [Description("The same for all connections together; 0: no limit. Operators set it to the quota of their project.")]
    [Range(0, 1_000_000_000)]
    public long AppLimit { get; set; } = 20_000;

    [Description("The time in which the two limits count. Operators set it with them.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LimitWindow { get; set; } = TimeSpan.FromSeconds(100);

    [Url]
    [Description("The address of Google's API. Operators change it to try the service with an emulator.")]
    public string ApiUrl { get; set; } = "https://www.googleapis.com";

    [Url]
    [Description("The address at which tokens are issued.")]
    public string TokenUrl { get; set; } = "https://oauth2.googleapis.com/token";

    [Url]
    [Description("Where users sign in and allow access.")]
    public string AuthorizeUrl { get; set; } = "https://accounts.google.com/o/oauth2/v2/auth";

    [Url]
    [Description("The address at which a sign-in is revoked when its connection is removed.")]
    public string RevokeUrl { get; set; } = "https://oauth2.googleapis.com/revoke";
}
