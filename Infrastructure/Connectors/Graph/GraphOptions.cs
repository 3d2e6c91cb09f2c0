using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

[Settings("Connections:Microsoft")]
internal sealed class GraphOptions
{
    [Description("The client id of the application that is registered at Microsoft Entra. Operators whose users connect OneDrive or "
        + "SharePoint set it.")]
    public string ClientId { get; set; } = "";

    [Secret]
    [Description("The secret of that application. Applications that are registered as public clients have none.")]
    public string ClientSecret { get; set; } = "";

    [Description("Whose accounts may sign in: common, organizations, consumers, or the id of one organization.")]
    public string Tenant { get; set; } = "common";

    [Description("What users are asked to allow, separated by blanks, beside offline_access and User.Read. Operators whose users need what "
        + "is shared with them, and libraries of SharePoint, set Files.ReadWrite.All Sites.Read.All.")]
    [RegularExpression("[A-Za-z0-9._:/-]+( [A-Za-z0-9._:/-]+)*")]
    public string Scopes { get; set; } = "Files.ReadWrite";

    [Url]
    [Description("Where Microsoft Graph is. Operators change it to try the service with an emulator, or for a national cloud.")]
    public string ApiUrl { get; set; } = "https://graph.microsoft.com/v1.0";

    [Url]
    [Description("Where users sign in, and where tokens are issued.")]
    public string LoginUrl { get; set; } = "https://login.microsoftonline.com";
}
