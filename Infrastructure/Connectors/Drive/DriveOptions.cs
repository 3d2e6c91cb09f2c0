using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

[Settings("Connections:Google")]
internal sealed class DriveOptions
{
    [Description("The client id of the application that is registered at Google. Operators whose users connect Google Drive set it.")]
    public string ClientId { get; set; } = "";

    [Secret]
    [Description("The secret of that application.")]
    public string ClientSecret { get; set; } = "";

    [Description("What users are asked to allow: drive, all of their files; or drive.file, only what this service has made itself, "
        + "for which Google reviews no application. Operators who only send files to Google Drive choose drive.file.")]
    [AllowedValues("drive", "drive.file")]
    public string Scope { get; set; } = "drive";

    [Url]
    [Description("Where Google's API is. Operators change it to try the service with an emulator.")]
    public string ApiUrl { get; set; } = "https://www.googleapis.com";

    [Url]
    [Description("Where tokens are issued.")]
    public string TokenUrl { get; set; } = "https://oauth2.googleapis.com/token";

    [Url]
    [Description("Where users sign in and allow access.")]
    public string AuthorizeUrl { get; set; } = "https://accounts.google.com/o/oauth2/v2/auth";

    [Url]
    [Description("Where a sign-in is withdrawn when its connection is removed.")]
    public string RevokeUrl { get; set; } = "https://oauth2.googleapis.com/revoke";
}
