"""Words of the model: what the requirements name as a choice (D1–D5)."""

from enum import StrEnum


class Secrecy(StrEnum):
    """涉密情况. A classified system is a stub: counted, never planned, probed or addressed."""

    UNKNOWN = "unknown"
    NONE = "none"
    CLASSIFIED = "classified"


class Zone(StrEnum):
    """网络域."""

    INTRANET = "intranet"
    EXTRANET = "extranet"
    INTERNET = "internet"
    PRIVATE = "private"


class CloudKind(StrEnum):
    """云的类别: 市级政务云、县级政务云、部门行业云 (Cangzhou 二(三), Xianning 办法 第五条)."""

    CITY = "city"
    COUNTY = "county"
    INDUSTRY = "industry"


class CommonSystem(StrEnum):
    """省统建、各地使用的公共系统 (Xinzhou 二(四)10, 二(五)12, 13)."""

    E_SEAL = "e_seal"
    HOTLINE = "hotline"
    TRADING = "trading"


class ScopeOfUse(StrEnum):
    """使用范围 (D1)."""

    SECTION = "section"
    DEPARTMENT = "department"
    CITY = "city"
    COUNTY = "county"
    PROVINCE = "province"
    PUBLIC = "public"


class FundingSource(StrEnum):
    """经费来源 (D1, D4)."""

    MUNICIPAL_FISCAL = "municipal_fiscal"
    COUNTY_FISCAL = "county_fiscal"
    UPPER_LEVEL = "upper_level"
    OWN = "own"
    SOCIAL = "social"


class ProjectState(StrEnum):
    """已建、在建、拟建、正在申请 (Dalian 二(一))."""

    BUILT = "built"
    UNDER_CONSTRUCTION = "under_construction"
    PLANNED = "planned"
    APPLYING = "applying"


class ScopeBasis(StrEnum):
    """纳入整合共享范畴的四类 (requirements 0.3)."""

    GOV_INVESTED = "gov_invested"
    JOINT_BUILT = "joint_built"
    PURCHASED_SERVICE = "purchased_service"
    GOV_FUNDED_OM = "gov_funded_om"


class OwnerUnitLevel(StrEnum):
    """部门 / 科室 / 下属单位 / 区县 (Xianning 方案 二(一)4)."""

    DEPARTMENT = "department"
    SECTION = "section"
    SUBORDINATE = "subordinate"
    DISTRICT = "district"


class ZombieDecision(StrEnum):
    """僵尸系统处置: the department's decision, never the product's."""

    KEEP = "keep"
    MERGE = "merge"
    RETIRE = "retire"


class AccessMode(StrEnum):
    """接入方式 (Xianning 细则 第十五条)."""

    SYSTEM_INTERFACE = "system_interface"
    FRONT_END_MACHINE = "front_end_machine"
    ONLINE_QUERY = "online_query"
    BATCH_DOWNLOAD = "batch_download"


class CloudStatus(StrEnum):
    """对接 / 迁移 (Xinzhou 一; Dalian 二(四))."""

    NONE = "none"
    CONNECTED = "connected"
    MIGRATED = "migrated"
    VERIFIED = "verified"


class SpecialNetwork(StrEnum):
    """政法网 and the like (Xianning 办法 第二条)."""

    NONE = "none"
    POLITICAL_LEGAL = "political_legal"
    CLASSIFIED = "classified"


class SecurityParty(StrEnum):
    """安全责任 (Xinzhou 二(一)2, 二(六)20)."""

    AUTHORITY = "authority"
    OPERATOR = "operator"
    OWNER = "owner"


class Ipv6Ready(StrEnum):
    """IPv6 as declared."""

    NONE = "none"
    PARTIAL = "partial"
    DUAL = "dual"
    V6_ONLY = "v6_only"


class Disposition(StrEnum):
    """机房处置: 归并 / 保留 / 仅接入 (Cangzhou 二(三), Dalian 二(三)¶1)."""

    MIGRATE = "migrate"
    MERGE = "merge"
    ACCESS_ONLY = "access_only"
    SHARED = "shared"
    EXEMPT = "exempt"


class DeviceRole(StrEnum):
    """What a device of a room is for (Dalian 二(三)¶1)."""

    SERVER = "server"
    ACCESS = "access"
    STORAGE = "storage"
    SECURITY = "security"


class LineLevel(StrEnum):
    """市/县/乡/村 (Xianning 方案 二(六); Dalian 二(三)¶2)."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    STREET = "street"
    COMMUNITY = "community"


class LineUsage(StrEnum):
    """线路使用情况 (Xianning 方案 二(三)1)."""

    USED = "used"
    IDLE = "idle"


class LineDestination(StrEnum):
    """整合去向 (Cangzhou 二(四); Dalian 二(三)¶2)."""

    INTRANET = "intranet"
    EXTRANET = "extranet"
    KEPT = "kept"


class NodeState(StrEnum):
    """节点状态, as declared."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class OrganisationLevel(StrEnum):
    """单位层级."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    SUBORDINATE = "subordinate"
    VERTICAL = "vertical"


class ProjectKind(StrEnum):
    """项目类型 (Xianning 办法 第二条)."""

    NEW = "new"
    CONTINUED = "continued"
    OM = "om"
    PURCHASE = "purchase"


class ProjectContent(StrEnum):
    """建设性质 (Xianning 办法 第二条)."""

    NEW = "new"
    EXTENDED = "extended"
    UPGRADED = "upgraded"


class ShareType(StrEnum):
    """共享类型 (Xianning 细则 第九条)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NONE = "none"
