using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

[Settings("Connections:Microsoft")]
internal sealed class GraphOptions
{
    public const string ByRequests = "requests";
    public const string ByUnits = "units";

    [Description("The client id of the application that is registered at Microsoft Entra. Operators whose users connect OneDrive or "
        + "SharePoint set it.")]
    public string ClientId { get; set; } = "";

    [Secret]
    [Description("The secret of that application. Applications that are registered as public clients have none.")]
    public string ClientSecret { get; set; } = "";

    [Description("Whose accounts may sign in: common, organizations, consumers, or an organization's id.")]
    public string Tenant { get; set; } = "common";

    [Description("What users are asked to allow, separated by blanks, beside offline_access and User.Read. Operators whose users need what "
        + "is shared with them, and libraries of SharePoint, set Files.ReadWrite.All Sites.Read.All.")]
    [RegularExpression("[A-Za-z0-9._:/-]+( [A-Za-z0-9._:/-]+)*")]
    public string Scopes { get; set; } = "Files.ReadWrite";

    [Description("What the two limits count: requests; or units, as OneDrive for business and SharePoint do: 1 to read, 2 to list or to "
        + "change. Operators of one organization may choose units, with its 1200 to 6000 a minute as AppLimit.")]
    [AllowedValues(ByRequests, ByUnits)]
    public string CountBy { get; set; } = ByRequests;

    [Description("How many requests, or units, of one connection are sent in LimitWindow; 0: no limit. The default is cautious; what the "
        + "answers ask for applies as well. Operators raise it if their users wait because of it.")]
    [Range(0, 1_000_000_000)]
    public long AccountLimit { get; set; } = 10_000;

    [Description("The same for all connections together; 0: no limit. Operators set it with CountBy.")]
    [Range(0, 1_000_000_000)]
    public long AppLimit { get; set; }

    [Description("The time in which the two limits count. Operators set it with them.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LimitWindow { get; set; } = TimeSpan.FromMinutes(10);

    [Url]
    [Description("The address of Microsoft Graph. Operators change it to try the service with an emulator, or for a national cloud.")]
    public string ApiUrl { get; set; } = "https://graph.microsoft.com/v1.0";

    [Url]
    [Description("The address at which users sign in and tokens are issued.")]
    public string LoginUrl { get; set; } = "https://login.microsoftonline.com";
}
