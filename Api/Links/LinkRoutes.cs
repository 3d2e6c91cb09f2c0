using ChunkUpload.Api.Access.Links;

namespace ChunkUpload.Api.Links;

internal static class LinkRoutes
{
    public static void MapLinks(this WebApplication app)
    {
        AddLink.Map(app);
        ManageLinks.Map(app);
        LinkPage.Map(app);
        PutLinkFile.Map(app);
        GetLinkContent.Map(app);
        EnterLinkPassword.Map(app);
    }
}
